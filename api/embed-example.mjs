// The server of embed-example.html: the token stays here, the page gets tickets. Worldswitch has to run with
// WORLDSWITCH_EMBED_ORIGINS=http://127.0.0.1:8081; then
//   WORLDSWITCH_TOKEN=wst_... VM=vm_... node api/embed-example.mjs
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { WORLDSWITCH_URL = "http://127.0.0.1:8080", WORLDSWITCH_TOKEN, VM, PORT = "8081" } = process.env;

// Whom you let in here may type: ask for your own sign-in first.
async function ticket() {
  const answer = await fetch(`${WORLDSWITCH_URL}/v1/vms/${VM}/tickets`, {
    method: "POST",
    headers: { Authorization: `Bearer ${WORLDSWITCH_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ stream: "console", role: "writer" }),
  });
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  const { path } = await answer.json();
  return { page: `${WORLDSWITCH_URL}/embed.html`, path };
}

const server = createServer(async (request, response) => {
  try {
    if (request.method === "POST" && request.url === "/ticket") {
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(await ticket()));
    } else {
      response.setHeader("Content-Type", "text/html").end(await readFile(new URL("embed-example.html", import.meta.url)));
    }
  } catch (error) {
    response.writeHead(503).end(String(error));
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
