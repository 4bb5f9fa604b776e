/** What every tab of this room shares: its status in words, work on its way, a table as in the report. */
import type { ComponentChildren } from "preact";
import type { Refusal, Status } from "../api/types";
import { openCase } from "../state/desk";
import { cancelJob } from "../state/jobs";
import { workingOn } from "./kept";
import type { ReportTable } from "./told";

/** STALE where what is shown does not belong to the plan as it stands. */
export function StandsTo({ status, what }: { status: Status; what: string }) {
  if (status !== "stale") return null;
  return (
    <p class="stale-band" role="status" data-test="stale">
      <b>STALE</b> {what} belongs to an earlier plan. The numbers below are not of the plan as it stands.
    </p>
  );
}

export function Failed({ refusal }: { refusal: Refusal }) {
  return (
    <p class="refusal" role="alert" data-test="verb-refused">
      {refusal.where && <code>{refusal.where}</code>} {refusal.what} {refusal.remedy}
    </p>
  );
}

export const Loading = () => (
  <p class="hint" aria-busy="true">
    Reading …
  </p>
);

/** How far a job of a kind is, with a way to end it; nothing where none works. */
export function Working({ kind, stop = "Cancel" }: { kind: string; stop?: string }) {
  const job = workingOn(kind);
  if (!job) return null;
  return (
    <div class="verb-working" data-test={`working-${kind}`}>
      <progress max={1} value={job.fraction} aria-label="Progress" />
      <span class="hint">{job.state === "queued" ? "Waits for its turn" : job.text || "Begins"}</span>
      <button type="button" data-test={`stop-${kind}`} onClick={() => void cancelJob(job.id)}>
        {stop}
      </button>
    </div>
  );
}

/** A picture that the server has drawn; a click shows it whole in a tab of its own. */
export function Picture({ at, version, alt, test }: { at: string; version: string; alt: string; test: string }) {
  const src = `/api/cases/${encodeURIComponent(openCase.value!.id)}/${at}?of=${encodeURIComponent(version)}`;
  return (
    <a href={src} target="_blank" rel="noopener" title="Show it whole">
      <img class="wide" data-test={test} src={src} alt={alt} />
    </a>
  );
}

/** A table of the report, with its marks: the tone only repeats what the words say. */
export function TableOf({ table, test }: { table: ReportTable | undefined; test: string }) {
  if (!table) return null;
  return (
    <section class="told-table" data-test={test}>
      {table.title && <h3>{table.title}</h3>}
      {table.lead && <p>{table.lead}</p>}
      <div class="scroll" role="region" tabIndex={0} aria-label={table.title || table.head.join(", ")}>
        <table>
          <thead>
            <tr>
              {table.head.map((h, i) => (
                <th key={i} scope="col">
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.length === 0 && (
              <tr>
                <td colSpan={table.head.length}>none</td>
              </tr>
            )}
            {table.rows.map((row, n) => (
              <tr key={n}>
                {row.map((cell, i) => (
                  <td key={i} class={cell.tone && `tone-${cell.tone}`}>
                    {cell.text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {table.note && <p class="hint">{table.note}</p>}
    </section>
  );
}

/** The same table where there is little room: each row what it is about, how it stands, and its numbers below. */
export function CardsOf({ table, test }: { table: ReportTable | undefined; test: string }) {
  if (!table) return null;
  return (
    <section class="told-cards" data-test={test}>
      {table.title && <h3>{table.title}</h3>}
      {table.lead && <p>{table.lead}</p>}
      {table.rows.length === 0 && <p class="hint">none</p>}
      <ul>
        {table.rows.map(([first, second, ...rest], n) => (
          <li key={n}>
            <p class="card-head">
              <b class={first!.tone && `tone-${first!.tone}`}>{first!.text}</b>
              {second && <span class={second.tone && `tone-${second.tone}`}>{second.text}</span>}
            </p>
            <p class="card-rest">
              {rest.map((cell, i) =>
                cell.text && cell.text !== "–" ? (
                  <span key={i} class={cell.tone && `tone-${cell.tone}`}>
                    <i>{table.head[i + 2]}</i> {cell.text}
                  </span>
                ) : null,
              )}
            </p>
          </li>
        ))}
      </ul>
      {table.note && <p class="hint">{table.note}</p>}
    </section>
  );
}

/** More for those who ask: shut until it is opened. */
export function More({ title, test, children }: { title: string; test: string; children: ComponentChildren }) {
  return (
    <details class="more" data-test={test}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
