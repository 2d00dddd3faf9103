import type { WebSocket } from "ws";

/** Pings a peer, and ends the connection of one that has not answered when the next ping is due. A peer whose input is held back cannot answer, and is spared. */
export function watchPeer(socket: WebSocket, intervalMs: number): void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (socket.isPaused) {
      answered = true;
      return;
    }
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, intervalMs);
  socket.once("close", () => clearInterval(timer));
}
