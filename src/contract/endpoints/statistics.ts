import { endpoint } from "../endpoint.js";
import { HostPage } from "../host.js";
import { pageQuery } from "../paging.js";
import { VmStatsHistory } from "../stats.js";
import { Usage } from "../usage.js";

export const usage = endpoint({
  id: "getUsage",
  method: "get",
  path: "/v1/usage",
  tag: "statistics",
  summary: "What each running machine of the project uses",
  description: "Figures at most a second old; a machine whose host does not answer is left out.",
  role: "viewer",
  answers: { 200: { description: "Figures by machine", schema: Usage } },
  problems: [],
});

export const vmStatsHistory = endpoint({
  id: "getVmStatsHistory",
  method: "get",
  path: "/v1/vms/{id}/stats/history",
  tag: "statistics",
  summary: "Samples of the last hour, one every ten seconds",
  description: "Kept by the machine's host until its worker ends.",
  role: "viewer",
  answers: { 200: { description: "The samples", schema: VmStatsHistory } },
  problems: ["not_found", "stream_unavailable"],
});

export const listHosts = endpoint({
  id: "listHosts",
  method: "get",
  path: "/v1/hosts",
  tag: "statistics",
  summary: "List the hosts of the installation, newest first",
  role: "viewer",
  query: pageQuery,
  answers: { 200: { description: "A page of hosts", schema: HostPage } },
  problems: ["invalid_cursor"],
});
