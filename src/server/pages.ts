/** The two pages that are written by hand: what there is where no dashboard was built, and what each problem means. Plain HTML, no scripts. */

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}
code,pre{font:14px/1.5 ui-monospace,monospace;background:#f3f3f3;padding:.1em .3em}pre{padding:1em;overflow:auto}
table{border-collapse:collapse}td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}code,pre{background:#282828}a{color:#8cf}}`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>
<body>${body}</body></html>
`;
}

export function homePage(version: string): string {
  return page(
    "Worldswitch",
    `<h1>Worldswitch ${version}</h1>
<p>Virtual machines over HTTP: this service creates x86 machines, runs them in a monitor written in TypeScript and WebAssembly, and
streams their consoles and statistics.</p>
<p>Its dashboard would be here, but has not been built: <code>npm run build</code> does that. The API needs none.</p>
<pre>curl -X POST http://HOST/v1/vms -H "Authorization: Bearer $TOKEN" \\
     -H "Content-Type: application/json" -d '{"image":"debian-mini"}'</pre>
<ul>
<li><a href="/docs">Documentation</a>, to read and to try</li>
<li><a href="/openapi.json">The contract</a> (OpenAPI 3.1)</li>
<li><a href="/docs/problems">Problem codes</a></li>
<li><a href="/healthz">/healthz</a> and <a href="/readyz">/readyz</a></li>
</ul>
<p>The administrator's token lies in the file <code>admin-token</code> of the data folder.</p>`,
  );
}

export function problemPage(problems: { code: string; status: number; title: string }[]): string {
  const rows = problems.map(
    ({ code, status, title }) => `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`,
  );
  return page(
    "Problems",
    `<h1>Problems</h1><p>Every failure is answered as <code>application/problem+json</code> with one of these codes.</p>
<table><tr><th>code</th><th>status</th><th>meaning</th></tr>${rows.join("\n")}</table>`,
  );
}
