/** The two layouts of the views, and one view enlarged. */
import { signal } from "@preact/signals";
import { lazy, Suspense } from "preact/compat";
import { startLooking } from "./eye";
import { Drawn, canDraw } from "./drawn";
import type { ViewKind } from "./eye";
import { Pane } from "./pane";
import { startLoading } from "./shown";
import { Tools } from "./tools";
import "./view.css";

startLoading();
startLooking();

const Solid = lazy(async () => ({ default: (await import("./solid")).Solid }));

/** The view that fills the screen by itself; null shows them all. */
const alone = signal<ViewKind | "solid" | null>(null);
const turn = (kind: ViewKind | "solid") => () => {
  alone.value = alone.value === kind ? null : kind;
};

function Cell({ kind }: { kind: ViewKind | "solid" }) {
  const shownAlone = alone.value;
  if (shownAlone && shownAlone !== kind) return null;
  return (
    <section class={`cell cell-${kind}`}>
      {kind === "solid" && !canDraw() ? (
        <Drawn why="This browser has no WebGL2" onEnlarge={turn("solid")} />
      ) : kind === "solid" ? (
        <Suspense fallback={<p class="slice-state">Loading 3-D…</p>}>
          <Solid onEnlarge={turn("solid")} />
        </Suspense>
      ) : (
        <Pane kind={kind} onEnlarge={turn(kind)} />
      )}
    </section>
  );
}

/** Left the axial slice; right the plane of the chosen needle above and 3-D below. */
export function FirstScreen() {
  return <Screen name="first" kinds={["axial", "needle", "solid"]} />;
}

export function FourUp() {
  return <Screen name="four" kinds={["axial", "coronal", "sagittal", "solid"]} />;
}

function Screen({ name, kinds }: { name: string; kinds: (ViewKind | "solid")[] }) {
  const one = alone.value && kinds.includes(alone.value) ? alone.value : null;
  if (alone.value && !one) alone.value = null;
  return (
    <div class="screen">
      <Tools />
      <div class={`cells cells-${one ? "one" : name}`} data-test={`screen-${name}`}>
        {kinds.map((kind) => (
          <Cell key={kind} kind={kind} />
        ))}
      </div>
    </div>
  );
}
