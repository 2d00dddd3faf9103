/** In `/metrics`: the rows of the installation. Every API server tells the same of them. */
import { Gauge, type Registry } from "prom-client";
import { operationStates } from "../contract/operation.js";
import { vmStates } from "../contract/vm-states.js";
import type { Database } from "../store/database.js";
import { liveHosts } from "../store/hosts.js";
import { assignedMemoryMiB } from "../store/placement.js";

const MiB = 1024 * 1024;

export function registerInstallationMetrics(registry: Registry, db: Database): void {
  const registers = [registry];
  new Gauge({
    name: "worldswitch_vms",
    help: "Machines of the installation by state",
    labelNames: ["state"],
    registers,
    async collect() {
      const counts = await db.vm.groupBy({ by: ["state"], _count: true });
      for (const state of vmStates) this.set({ state }, counts.find((count) => count.state === state)?._count ?? 0);
    },
  });
  new Gauge({
    name: "worldswitch_operations",
    help: "Kept operations of the installation by state",
    labelNames: ["state"],
    registers,
    async collect() {
      const counts = await db.operation.groupBy({ by: ["state"], _count: true });
      for (const state of operationStates) this.set({ state }, counts.find((count) => count.state === state)?._count ?? 0);
    },
  });
  new Gauge({
    name: "worldswitch_operation_queue_age_seconds",
    help: "For how long the oldest queued operation of the installation has waited; 0 where none does",
    registers,
    async collect() {
      const { _min } = await db.operation.aggregate({ where: { state: "queued" }, _min: { createdAt: true } });
      this.set(_min.createdAt === null ? 0 : Math.max(0, (Date.now() - _min.createdAt.getTime()) / 1000));
    },
  });
  new Gauge({
    name: "worldswitch_hosts",
    help: "Hosts of the installation: alive, or silent where nothing was heard of their workers lately",
    labelNames: ["state"],
    registers,
    async collect() {
      const alive = (await liveHosts(db)).length;
      this.set({ state: "alive" }, alive);
      this.set({ state: "silent" }, Math.max(0, (await db.host.count()) - alive));
    },
  });
  new Gauge({
    name: "worldswitch_host_memory_bytes",
    help: "Memory of each host that is alive",
    labelNames: ["host"],
    registers,
    async collect() {
      this.reset();
      for (const host of await liveHosts(db)) this.set({ host: host.id }, host.memoryMiB * MiB);
    },
  });
  new Gauge({
    name: "worldswitch_host_assigned_memory_bytes",
    help: "Memory of the machines that run on each host, or soon will",
    labelNames: ["host"],
    registers,
    async collect() {
      this.reset();
      for (const [host, memoryMiB] of await assignedMemoryMiB(db)) this.set({ host }, memoryMiB * MiB);
    },
  });
}
