import { render } from "preact";
import "./look/tokens.css";
import "./look/base.css";
import { Page } from "./shell/page";

render(<Page />, document.getElementById("page")!);
