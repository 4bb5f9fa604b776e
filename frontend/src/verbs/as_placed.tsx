/** Needles where a control CT shows them, beside where they were meant to lie. */
import { useState } from "preact/hooks";
import { ask } from "../api/client";
import type { Mm } from "../api/box";
import type { Refusal, Status } from "../api/types";
import { plan, saved } from "../state/desk";
import { startJob } from "../state/jobs";
import { said } from "../state/plan";
import { useTold, workingOn } from "./kept";
import { Failed, Loading, Picture, StandsTo, Working } from "./parts";

interface Upload {
  upload: string;
  series: { key: string; description: string; file: string; modality: string; images: number }[];
}
interface Placed {
  status: Status;
  told: {
    control: string;
    needles: { needle: string; set_on_streak: boolean; off?: { tip_mm: number; deeper_mm: number; beside_mm: number; angle_deg: number } }[];
    advice?: string;
  } | null;
}

export function AsPlaced() {
  const reading = useTold<Placed>("placed", ["as-placed"]).value;
  return (
    <section data-test="as-placed">
      {workingOn("as-placed") ? <Working kind="as-placed" /> : <Set />}
      {!reading ? <Loading /> : reading.failed || !reading.value ? <Failed refusal={reading.failed!} /> : <Beside found={reading.value} />}
    </section>
  );
}

function Set() {
  const [sent, setSent] = useState<Upload | null>(null);
  const [series, setSeries] = useState("");
  const [failed, setFailed] = useState<Refusal | null>(null);
  const [points, setPoints] = useState<Record<string, string>>({});
  const needles = (plan.value?.probes ?? []).map((p, i) => p.name || `needle ${i + 1}`);
  const streaks = needles.flatMap((needle) => {
    const tip = place(points[`${needle} tip`]);
    const shaft = place(points[`${needle} shaft`]);
    return tip && shaft ? [{ needle, tip_mm: tip, shaft_mm: shaft }] : [];
  });
  const send = async (files: FileList | null) => {
    if (!files?.length) return;
    const body = new FormData();
    for (const file of files) body.append("files", file, file.webkitRelativePath || file.name);
    setFailed(null);
    try {
      const found = await ask<Upload>("/uploads", { method: "POST", body });
      setSent(found);
      setSeries(found.series[0]?.key ?? "");
    } catch (problem) {
      setFailed(said(problem));
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void startJob("as-placed", { upload: sent!.upload, series, streaks });
      }}
    >
      <label>
        Control CT (DICOM files, zip, or NIfTI) <input type="file" multiple data-test="control-files" onChange={(e) => void send(e.currentTarget.files)} />
      </label>
      {failed && <Failed refusal={failed} />}
      {sent && sent.series.length > 1 && (
        <label>
          Series{" "}
          <select data-test="control-series" value={series} onChange={(e) => setSeries(e.currentTarget.value)}>
            {sent.series.map((s) => (
              <option key={s.key} value={s.key}>
                {s.description || s.file || s.key} ({s.images} images)
              </option>
            ))}
          </select>
        </label>
      )}
      {sent && (
        <>
          <p class="hint">Two points on the metal of each needle, LPS mm of the control CT: x, y, z. A needle without points stays as planned.</p>
          {needles.map((needle) => (
            <div class="fields" key={needle}>
              {["tip", "shaft"].map((which) => (
                <label key={which}>
                  {needle}, {which}
                  <input
                    data-test={`control-${needle.replaceAll(" ", "-")}-${which}`}
                    inputMode="text"
                    placeholder="x, y, z"
                    aria-invalid={points[`${needle} ${which}`] ? !place(points[`${needle} ${which}`]) : undefined}
                    value={points[`${needle} ${which}`] ?? ""}
                    onInput={(e) => setPoints({ ...points, [`${needle} ${which}`]: e.currentTarget.value })}
                  />
                </label>
              ))}
            </div>
          ))}
          <p class="row">
            <button type="submit" class="primary" data-test="as-placed-start" disabled={!streaks.length}>
              Set the needles as placed
            </button>
          </p>
        </>
      )}
    </form>
  );
}

function Beside({ found }: { found: Placed }) {
  if (!found.told) return <p class="hint">No needles were set on a control CT yet.</p>;
  return (
    <section data-test="as-placed-found">
      <StandsTo status={found.status} what="AS PLACED" />
      <table>
        <thead>
          <tr>
            <th scope="col">AS PLACED on {found.told.control}</th>
            <th scope="col">Tip off, mm</th>
            <th scope="col">Deeper, mm</th>
            <th scope="col">Beside, mm</th>
            <th scope="col">Angle, °</th>
          </tr>
        </thead>
        <tbody>
          {found.told.needles.map((n) => (
            <tr key={n.needle}>
              <td>
                {n.needle}
                {!n.set_on_streak && <span class="hint"> as planned: no streak was given</span>}
              </td>
              {[n.off?.tip_mm, n.off?.deeper_mm, n.off?.beside_mm, n.off?.angle_deg].map((v, i) => (
                <td key={i}>{v === undefined ? "–" : v.toFixed(1).replace("-", "−")}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {found.told.advice && <p>{found.told.advice}</p>}
      <Picture at="placed.png" version={`${saved.value?.revision ?? 0}-${found.told.control}`} alt="Planned needles dashed, as placed solid, on the control CT" test="placed-picture" />
      <p class="row">
        <a class="button" href={`/api/cases/${encodeURIComponent(saved.value!.case)}/report.html?as_placed=true`} target="_blank" rel="noopener" data-test="report-placed">
          Report AS PLACED
        </a>
      </p>
    </section>
  );
}

/** "12, -40, 88" as a place; null where it is none. */
export function place(text: string | undefined): Mm | null {
  const numbers = (text ?? "").replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean).map(Number);
  return numbers.length === 3 && numbers.every(Number.isFinite) ? [numbers[0]!, numbers[1]!, numbers[2]!] : null;
}
