import type { WebSocket } from "ws";

const pingMs = 30_000;

/** Ends the connection of a peer that has not answered a ping when the next is due. One whose input is held back cannot answer, and is spared. */
export function watchPeer(socket: WebSocket): void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
  }, pingMs);
  socket.on("close", () => clearInterval(timer));
}
