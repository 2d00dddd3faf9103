/** A TCP proxy between a client and a server, whose connections a test cuts when it likes. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class CuttingProxy {
  /** Connections that were made through it. */
  connections = 0;
  private readonly server: Server;
  private readonly open = new Set<Socket>();
  private refusing = false;
  private swallowed: (() => void) | null = null;

  /** Where new connections lead. */
  target: URL;

  private constructor(target: URL) {
    this.target = target;
    this.server = createServer((client) => this.join(client));
  }

  static async to(url: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(new URL(url));
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** All connections, without a word. */
  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  /** New connections end at once, until it is called with false. */
  refuse(refusing: boolean): void {
    this.refusing = refusing;
  }

  /** The server gets what is sent next, and its answer is cut off before the first byte. Resolves when that has happened. */
  swallowNextAnswer(): Promise<void> {
    // Connections that are kept for the next request would escape it.
    this.cut();
    return new Promise((resolve) => {
      this.swallowed = resolve;
    });
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, "close");
  }

  private join(client: Socket): void {
    this.connections++;
    client.on("error", () => client.destroy());
    if (this.refusing) {
      client.destroy();
      return;
    }
    const server = connect(Number(this.target.port), this.target.hostname);
    server.on("error", () => server.destroy());
    this.open.add(client).add(server);
    const over = () => {
      for (const socket of [client, server]) {
        this.open.delete(socket);
        socket.destroy();
      }
    };
    client.on("close", over);
    server.on("close", over);
    client.on("data", (bytes) => server.write(bytes));
    server.on("data", (bytes) => {
      if (this.swallowed === null) {
        client.write(bytes);
        return;
      }
      this.swallowed();
      this.swallowed = null;
      over();
    });
  }
}
