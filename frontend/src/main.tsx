import { render } from "preact";
import { startLive } from "./api/live";
import "./look/tokens.css";
import "./look/base.css";
import { startKeeping } from "./shell/keep";
import { Page } from "./shell/page";
import { keepChecked } from "./state/check";
import { startFirstLook } from "./state/first_look";
import { startPlaced } from "./state/placed";
import { startResults } from "./state/results";

startKeeping();
keepChecked();
startLive();
startResults();
startFirstLook();
startPlaced();
render(<Page />, document.getElementById("page")!);
