import type { WebSocket } from "ws";

const pingMs = 30_000;

/**
 * Ends the connection of a peer that has not answered a ping when the next is due. Spared are one whose input is held back, and one for which bytes wait
 * (an API server that holds back for a slow viewer): it cannot answer a ping that is behind them.
 */
export function watchPeer(socket: WebSocket): void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered && !socket.isPaused && socket.bufferedAmount === 0) return socket.terminate();
    answered = false;
    socket.ping();
  }, pingMs);
  socket.on("close", () => clearInterval(timer));
}
