import type { WebSocket } from "ws";

/**
 * Pings a peer, and ends the connection of one that has not answered when the next ping is due. Spared are a peer whose input is held back,
 * and one for which bytes still wait: the ping waits behind them. If that peer is gone, TCP finds out.
 */
export function watchPeer(socket: WebSocket, intervalMs: number): void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (socket.isPaused || socket.bufferedAmount > 0) {
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
