/** The page: band and strip above, views in the middle, tabs at the side, freeze clock below. */
import { useEffect } from "preact/hooks";
import { openCase } from "../state/desk";
import { heardEvent, loadCase, serverCame } from "../state/plan";
import { listen } from "../state/link";
import { layout } from "../state/view";
import { Clock } from "../view/clock";
import { FirstScreen, FourUp } from "../view/screens";
import { Asked } from "./asked";
import { caseOfAddress } from "./address";
import { Guard } from "./guard";
import { Header } from "./header";
import { Help } from "./help";
import { Notices } from "./notices";
import { Start } from "./start";
import { Strip } from "./strip";
import { stroke } from "./shortcuts";
import { Tabs } from "./tabs";
import { Tour } from "./tour";
import "./shell.css";

export function Page() {
  useEffect(() => {
    const ear = listen(heardEvent, () => void serverCame());
    const wanted = caseOfAddress();
    if (wanted) void loadCase(wanted);
    // An address typed or pasted into an open page; the page's own changes of it raise no such event.
    const elsewhere = () => {
      const id = caseOfAddress();
      if (id && id !== openCase.value?.id) void loadCase(id);
    };
    addEventListener("hashchange", elsewhere);
    document.addEventListener("keydown", stroke);
    return () => {
      removeEventListener("hashchange", elsewhere);
      document.removeEventListener("keydown", stroke);
      ear.stop();
    };
  }, []);
  const open = openCase.value !== null;
  return (
    <div class="page">
      <button type="button" class="skip" onClick={() => document.getElementById("views")?.focus()}>
        Skip to the views
      </button>
      <section class="band" aria-label="Intended use" data-test="band">
        RESEARCH USE ONLY <span>Not for a decision about a patient.</span>
      </section>
      <Header />
      {open && <Strip />}
      <div class="middle">
        <main id="views" class="views" tabIndex={-1} aria-label="Views">
          {open ? (
            <Guard name="The views">{layout.value === "four" ? <FourUp /> : <FirstScreen />}</Guard>
          ) : (
            <Start />
          )}
        </main>
        <Tabs />
      </div>
      {open && (
        <footer class="clock-place" aria-label="Freeze clock">
          <Clock />
        </footer>
      )}
      <Notices />
      <Asked />
      <Help />
      <Tour />
    </div>
  );
}
