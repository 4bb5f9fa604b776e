/** The hand on a slice: what pointer, wheel and keys do there.
 *
 * As in OHIF: left drag windows, middle drag pans, right drag zooms, the wheel goes through slices. With Shift the left
 * drag pans, with Ctrl the wheel zooms, a click brings all views there. A finger pans, two zoom. Layers and handles come
 * first.
 */
import type { Mm } from "../api/box";
import { chosenNeedle, cross, cursor, image, plan } from "../state/desk";
import { other, seen } from "../state/placed";
import { dragPlan, dropPlan, letGo, nudgePlan, settle } from "../state/plan";
import { greyWindow, setWindow } from "./grey";
import type { Eye } from "./eye";
import { type Grip, type Part, gripAt, moveWords, moved, slideBy, withNeedle } from "./handles";
import { type Layer, type Px, type SliceView, layersHere } from "./layers";
import type { Needle, PlanDocument } from "../api/types";
import { onSkin } from "./skin";
import { add, minus, times } from "./vector";

/** A press that moves less is a click. */
const CLICK_PX = 3;
/** Which way on the screen a key points. */
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

type Doing =
  | { what: "layer"; layer: Layer }
  | { what: "needle"; grip: Grip; slide: boolean; from: Mm; needle: Needle; plan: PlanDocument; moved: boolean }
  | { what: "window" | "pan" | "zoom"; last: Px; from: Px; moved: boolean; about: Mm };

export class Hand {
  private doing: Doing | null = null;
  private fingers = new Map<number, Px>();
  private pending: PlanDocument | null = null;
  private frame = 0;

  constructor(
    private readonly place: HTMLElement,
    private readonly eye: Eye,
    private readonly view: () => SliceView,
    private readonly enlarge: () => void,
  ) {
    const on = <K extends keyof HTMLElementEventMap>(kind: K, hear: (event: HTMLElementEventMap[K]) => void) => {
      place.addEventListener(kind, hear, { passive: false });
      this.ends.push(() => place.removeEventListener(kind, hear));
    };
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", () => this.cancel());
    on("pointerleave", () => (cursor.value = null));
    on("wheel", (event) => this.wheel(event));
    on("contextmenu", (event) => event.preventDefault());
    on("dblclick", (event) => this.doubled(event));
    on("keydown", (event) => this.key(event));
  }

  private ends: (() => void)[] = [];

  stop(): void {
    this.cancel();
    for (const end of this.ends) end();
  }

  private at(event: MouseEvent): Px {
    const box = this.place.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private down(event: PointerEvent): void {
    if (event.target instanceof Element && event.target.closest("[data-own]")) return;
    const px = this.at(event);
    this.fingers.set(event.pointerId, px);
    try {
      this.place.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is gone already cannot be held; its cancel follows.
    }
    if (event.pointerType === "touch" && this.fingers.size === 2 && this.doing?.what !== "layer") {
      this.cancel(false);
      return;
    }
    void settle();
    const view = this.view();
    const at = view.toMm(px);
    for (const layer of [...layersHere.peek()].reverse())
      if (layer.pointer("down", at, view, event)) {
        this.doing = { what: "layer", layer };
        event.preventDefault();
        return;
      }
    const document_ = plan.peek();
    const grip = event.button === 0 && document_ ? gripAt(view, here(), chosenNeedle.peek(), px, event.pointerType) : null;
    if (grip && document_ && !event.shiftKey) {
      chosenNeedle.value = grip.needle;
      this.eye.held.value = view.plane;
      const needle = document_.probes[grip.needle]!;
      const slide = grip.part === "middle" || event.altKey;
      this.doing = { what: "needle", grip, slide, from: at, needle, plan: document_, moved: false };
      this.focusOn(grip);
      event.preventDefault();
      return;
    }
    const touch = event.pointerType === "touch";
    const what = touch || event.button === 1 || (event.button === 0 && event.shiftKey) ? "pan" : event.button === 2 ? "zoom" : "window";
    this.doing = { what, last: px, from: px, moved: false, about: at };
    if (event.button === 1) event.preventDefault();
  }

  private move(event: PointerEvent): void {
    const px = this.at(event);
    const view = this.view();
    cursor.value = view.toMm(px);
    if (this.fingers.has(event.pointerId) && this.fingers.size === 2 && !this.doing) {
      this.pinch(event.pointerId, px, view);
      return;
    }
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, px);
    const doing = this.doing;
    if (!doing) {
      if (event.pointerType === "mouse") this.hover(view, px);
      for (const layer of [...layersHere.peek()].reverse()) if (layer.pointer("move", view.toMm(px), view, event)) return;
    } else if (doing.what === "layer") doing.layer.pointer("move", view.toMm(px), view, event);
    else if (doing.what === "needle") this.dragNeedle(doing, view, px);
    else this.dragView(doing, view, px);
  }

  private dragNeedle(doing: Doing & { what: "needle" }, view: SliceView, px: Px): void {
    const by = minus(view.toMm(px), doing.from);
    const far = Math.hypot(...by) * view.pxPerMm;
    if (!doing.moved && far < CLICK_PX) return;
    doing.moved = true;
    const { needle, grip, slide } = doing;
    const to = moved(needle, grip.part, slide ? slideBy(view, needle, by) : by, slide, skinHere);
    this.ask(withNeedle(doing.plan, grip.needle, to));
  }

  /** Show a plan with the next frame: however often the pointer moves, the page draws and asks once a frame. */
  private ask(next: PlanDocument): void {
    this.pending = next;
    this.frame ||= requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.pending) dragPlan(this.pending);
    this.pending = null;
  }

  private dragView(doing: Doing & { what: "window" | "pan" | "zoom" }, view: SliceView, px: Px): void {
    const [dx, dy] = [px.x - doing.last.x, px.y - doing.last.y];
    if (!doing.moved && Math.hypot(px.x - doing.from.x, px.y - doing.from.y) < CLICK_PX) return;
    doing.moved = true;
    doing.last = px;
    if (doing.what === "pan") this.eye.pan(add(times(view.plane.right, dx / view.pxPerMm), times(view.plane.down, dy / view.pxPerMm)));
    else if (doing.what === "zoom") this.eye.zoom(Math.exp(-dy / 160), doing.about);
    else {
      const now = greyWindow(seen.peek());
      const speed = Math.max(0.5, now.width / 300);
      setWindow(Math.max(1, now.width + dx * speed), now.level + dy * speed);
    }
  }

  private pinch(id: number, px: Px, view: SliceView): void {
    const [other] = [...this.fingers].filter(([n]) => n !== id).map(([, at]) => at) as [Px];
    const before = this.fingers.get(id)!;
    const spread = (a: Px) => Math.max(20, Math.hypot(a.x - other.x, a.y - other.y));
    this.eye.pan(add(times(view.plane.right, (px.x - before.x) / 2 / view.pxPerMm), times(view.plane.down, (px.y - before.y) / 2 / view.pxPerMm)));
    this.eye.zoom(spread(px) / spread(before), view.toMm({ x: (px.x + other.x) / 2, y: (px.y + other.y) / 2 }));
    this.fingers.set(id, px);
  }

  private up(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    const doing = this.doing;
    this.doing = null;
    if (!doing) return;
    const view = this.view();
    const at = view.toMm(this.at(event));
    if (doing.what === "layer") doing.layer.pointer("up", at, view, event);
    else if (doing.what === "needle") {
      this.flush();
      this.eye.held.value = null;
      if (doing.moved) void dropPlan(moveWords(doing.needle, doing.grip.needle, doing.grip.part, doing.slide));
    } else if (!doing.moved && event.button === 0) cross.value = at;
  }

  /** Put everything back as it was before the pointer went down. */
  private cancel(whole = true): void {
    const doing = this.doing;
    this.doing = null;
    this.pending = null;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.eye.held.value = null;
    if (doing?.what === "needle" && doing.moved) letGo();
    if (whole) this.fingers.clear();
  }

  private hover(view: SliceView, px: Px): void {
    const grip = gripAt(view, here(), chosenNeedle.peek(), px, "mouse");
    this.place.dataset["over"] = grip ? grip.part : "";
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const notches = event.deltaMode === 0 ? event.deltaY / 100 : event.deltaY / 3;
    if (event.ctrlKey || event.metaKey) {
      this.eye.zoom(Math.exp(-notches * 0.18), this.view().toMm(this.at(event)));
      return;
    }
    this.turned += notches;
    const slices = Math.abs(notches) >= 0.5 ? Math.sign(notches) * Math.max(1, Math.round(Math.abs(notches))) : Math.trunc(this.turned);
    if (slices) {
      this.eye.scroll(slices);
      this.turned = 0;
    }
  }

  /** What small turns of a touch pad have added up to. */
  private turned = 0;

  private doubled(event: MouseEvent): void {
    if (event.target instanceof Element && event.target.closest("[data-own]")) return;
    if (!gripAt(this.view(), here(), chosenNeedle.peek(), this.at(event), "mouse")) this.enlarge();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
    const grip = event.target instanceof HTMLElement ? gripOf(event.target) : null;
    const chosen = chosenNeedle.peek();
    const way = ARROWS[event.key];
    // A button in the slice keeps its own keys.
    const taken = event.target === this.place && layersHere.peek().some((layer) => layer.key?.(event, this.view()));
    if (taken) void 0;
    else if (event.key === "Escape" && this.doing) this.cancel();
    else if (way && other.peek() === null && (grip || chosen !== null))
      this.nudge(grip ?? { needle: chosen!, part: "tip" }, way, event.shiftKey ? 5 : 1, event.altKey);
    else if (event.key === "PageUp" || event.key === "PageDown")
      this.eye.scroll((event.key === "PageUp" ? -1 : 1) * (event.shiftKey ? 5 : 1));
    else if (event.key === "+" || event.key === "=") this.eye.zoom(1.2, this.eye.plane().centre);
    else if (event.key === "-" || event.key === "_") this.eye.zoom(1 / 1.2, this.eye.plane().centre);
    else if (event.key === "0") this.eye.centre.value = null;
    else if (event.key === "Enter" && !grip) this.enlarge();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Move a handle by so many mm along the screen; saved when the keys rest. */
  private nudge(grip: Grip, way: [number, number], mm: number, alt: boolean): void {
    const view = this.view();
    chosenNeedle.value = grip.needle;
    const by = times(add(times(view.plane.right, way[0]), times(view.plane.down, way[1])), mm);
    const slide = grip.part === "middle";
    const part = alt ? "shaft" : grip.part;
    const needle = plan.peek()?.probes[grip.needle];
    if (!needle) return;
    let step = by;
    if (slide) {
      // However the shaft lies, one press is one millimetre along it.
      const along = slideBy(view, needle, by);
      const far = Math.hypot(...along);
      if (far < 1e-6) return;
      step = times(along, mm / far);
    }
    nudgePlan(
      (now) => withNeedle(now, grip.needle, moved(now.probes[grip.needle]!, part, step, slide, skinHere)),
      moveWords(needle, grip.needle, part, slide),
    );
  }

  private focusOn(grip: Grip): void {
    const part: Part = grip.part === "shaft" ? "middle" : grip.part;
    this.place.querySelector<HTMLElement>(`[data-needle="${grip.needle}"][data-part="${part}"]`)?.focus({ preventScroll: true });
  }
}

/** The needles that a hand can take: on a control CT none, since it shows where they lie, not where they are wanted. */
const here = (): Needle[] => (other.peek() ? [] : (plan.peek()?.probes ?? []));

const skinHere = (tip: Mm, entry: Mm): Mm | null => onSkin(image.peek(), tip, entry);

/** The handle that a button stands for. */
function gripOf(element: HTMLElement): Grip | null {
  const { needle, part } = element.dataset;
  return needle !== undefined && part ? { needle: Number(needle), part: part as Part } : null;
}
