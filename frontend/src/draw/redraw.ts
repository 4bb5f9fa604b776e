/** Take up a structure that was drawn, with the tool that it was drawn with. */
import { type Mm, valueAt } from "../api/box";
import { fetchBox } from "../api/client";
import type { StructureRow } from "../api/types";
import { image, masks, openCase } from "../state/desk";
import { said } from "../state/plan";
import { steps } from "./ask";
import { Cells, bounds } from "./mask";
import { begin, cells, ellipsoid, name, points, problem, radiusMm } from "./state";

export async function redraw(row: StructureRow): Promise<void> {
  const record = steps.value?.drawn.find((d) => d.name === row.name);
  const info = openCase.value;
  if (!record || !info) return;
  const round = record.ellipsoid ?? (record.sphere && [...record.sphere, record.sphere[3]!, record.sphere[3]!]);
  if (round) {
    begin("ellipsoid", row.name, row.name);
    ellipsoid.value = {
      centre: round.slice(0, 3) as unknown as Mm,
      diameters: round.slice(3, 6) as unknown as Mm,
      given: [true, true, true],
    };
  } else if (record.points.length || record.polyline.length) {
    begin(record.points.length ? "point" : "line", row.name, row.name);
    points.value = record.points.length ? record.points : record.polyline;
    radiusMm.value = record.radius_mm;
  } else await redrawMask(row, info.id);
}

async function redrawMask(row: StructureRow, id: string): Promise<void> {
  const header = image.value?.header;
  if (!header) return;
  try {
    const box =
      masks.value[row.key] ??
      (await fetchBox(`/cases/${encodeURIComponent(id)}/structures/${encodeURIComponent(row.name)}.box?key=${row.key}`));
    const half = box.header.quantity === "occupancy" ? 0.5 : 127.5;
    const most = 255 * box.header.scale + box.header.offset;
    const level = most <= 1.01 ? 0.5 : Math.max(half, most / 2);
    const fresh = Cells.on(header);
    fresh.set(fresh.holding((p) => valueAt(box, p) >= level, ...bounds(box.header.shape, box.header.affine)), 1);
    begin("brush", row.name, row.name);
    cells.value = fresh;
    name.value = row.name;
  } catch (refused) {
    problem.value = said(refused);
  }
}
