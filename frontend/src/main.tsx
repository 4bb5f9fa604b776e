import { render } from "preact";
import "./look/tokens.css";
import "./look/base.css";
import { startKeeping } from "./shell/keep";
import { Page } from "./shell/page";
import { keepChecked } from "./state/check";

startKeeping();
keepChecked();
import { startLive } from "./api/live";
import { startResults } from "./state/results";
startLive();
startResults();
render(<Page />, document.getElementById("page")!);
