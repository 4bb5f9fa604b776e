/** The notices of what the built page carries: a file beside the bundle, made from what is really in it.
 *
 * A package that brings no licence file has its text in `licences/`, read from its repository; one that has neither
 * fails the build, so that nothing is shipped without its terms.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const SENT_WITHOUT_A_FILE: Record<string, string> = { "@niivue/niivue": "licences/niivue.txt" };

/** What a package carries of others inside its own files. */
const CARRIED_INSIDE: Record<string, string> = {
  "@niivue/niivue":
    "Its built files carry a picture of the letters of Roboto (Copyright 2011 Google Inc.), which stand under the " +
    "Apache License 2.0. That licence's text is Iceball's own LICENSE.",
};

interface Package {
  name: string;
  version: string;
  license: string;
}

export function notices(): Plugin {
  return {
    name: "notices",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const part of Object.values(bundle))
        if (part.type === "chunk")
          for (const [module, { renderedLength }] of Object.entries(part.modules)) {
            const folder = renderedLength > 0 ? packageOf(module) : null;
            if (folder) folders.add(folder);
          }
      const told = [...folders].map(notice).sort((a, b) => (a.name < b.name ? -1 : 1));
      this.emitFile({
        type: "asset",
        fileName: "THIRD-PARTY.txt",
        source: `What the workbench's page carries of others, and under which terms.\n${told.map((t) => t.text).join("")}`,
      });
    },
  };
}

/** The folder of the package that a module belongs to; null for the page's own. */
function packageOf(module: string): string | null {
  const path = module.replace(/^\0/, "").replace(/\?.*$/, "");
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0] ?? null;
}

function notice(folder: string): { name: string; text: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;
  const file = readdirSync(folder).find((f) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(f));
  const ours = SENT_WITHOUT_A_FILE[name];
  const path = file ? join(folder, file) : ours ? join(import.meta.dirname, ours) : null;
  if (!path || !existsSync(path))
    throw new Error(`${name} ${version} brings no licence file: read it in its repository and put it into licences/.`);
  const inside = CARRIED_INSIDE[name] ? `${CARRIED_INSIDE[name]}\n\n` : "";
  const terms = readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim();
  return { name, text: `\n${"=".repeat(80)}\n${name} ${version} (${license})\n\n${inside}${terms}\n` };
}
