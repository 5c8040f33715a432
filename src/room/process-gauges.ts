/** What this process uses of its machine, as /stats shows it. */
export function readProcessGauges(): Readonly<Record<string, unknown>> {
  return { memory: process.memoryUsage(), cpu: process.cpuUsage(), resources: countByName(process.getActiveResourcesInfo()) };
}

/** Sockets, timers, workers: what keeps this process busy, by kind. */
function countByName(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
