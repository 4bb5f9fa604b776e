/** Two windows changed the plan: what differs, and which one goes on. Neither is lost. */
import { useEffect, useRef } from "preact/hooks";
import { clash, takeTheirs, writeMine } from "../state/plan";
import { shortly, whereInWords } from "./difference";

export function Conflict() {
  const dialog = useRef<HTMLDialogElement>(null);
  const now = clash.value;
  useEffect(() => {
    if (now && !dialog.current?.open) dialog.current?.showModal();
    if (!now) dialog.current?.close();
  }, [now]);
  if (!now) return null;
  const { current, difference } = now.told;
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="clash-title" data-test="conflict" onCancel={(e) => e.preventDefault()}>
      <h2 id="clash-title">The plan was changed in another window</h2>
      <p>
        There: <b>{current.what}</b> (revision {current.revision}). Here: <b>{now.what}</b>, not saved yet.
      </p>
      <div class="scroll" role="region" tabIndex={0} aria-label="Differences, place by place">
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Yours</th>
              <th scope="col">Theirs</th>
            </tr>
          </thead>
          <tbody>
            {difference.map((d) => (
              <tr key={d.path}>
                <th scope="row" title={d.path}>
                  {whereInWords(d.path)}
                </th>
                <td>{shortly(d.yours)}</td>
                <td>{shortly(d.theirs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">Whichever you take, the other is kept: theirs as a revision (Undo), yours behind “Bring mine back”.</p>
      <div class="row">
        <button type="button" data-test="take-theirs" onClick={takeTheirs}>
          Take theirs
        </button>
        <button type="button" class="primary" data-test="write-mine" onClick={() => void writeMine()}>
          Write mine over theirs
        </button>
      </div>
    </dialog>
  );
}
