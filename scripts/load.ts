/** `npm run load`: a crowd of light WebRTC clients for one room, their figures each second, a table at the end. */
import { Crowd } from '../bench/clients/crowd.js';
import { reportCrowd, type CrowdSnapshot, type GroupReport } from '../bench/clients/crowd-report.js';
import { createClientKit, type ClientKit } from '../bench/clients/client-kit.js';
import { parseLoadOptions, usage, UsageMistake, type LoadOptions } from '../bench/clients/load-options.js';
import { describeFailures, describeSecond, summaryTable } from '../bench/clients/load-table.js';

const secondUs = 1_000_000;

function readOptions(): LoadOptions {
  try {
    const options = parseLoadOptions(process.argv.slice(2));
    if (options !== 'help') return options;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageMistake)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

/** Tells each second, until the time is up or somebody has had enough. */
async function watch(options: LoadOptions, kit: ClientKit, snapshot: () => CrowdSnapshot): Promise<void> {
  const startUs = kit.clock.nowUs();
  let last = snapshot();
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
    const stop = kit.metronome.add(secondUs, startUs + secondUs, (index) => {
      const now = snapshot();
      tell(options, 'second', index + 1, reportCrowd(last, now));
      last = now;
      if (index + 1 !== options.seconds) return;
      stop();
      resolve();
    });
  });
}

function tell(options: LoadOptions, type: 'second' | 'summary', seconds: number, reports: readonly GroupReport[]): void {
  if (options.isJson) console.log(JSON.stringify({ type, seconds, groups: reports.map((report) => ({ ...report, failures: Object.fromEntries(report.failures) })) }));
  else console.log(type === 'second' ? describeSecond(seconds, reports) : `\n${summaryTable(reports)}`);
}

const options = readOptions();
const say = (line: string): void => {
  // With --json standard output is for machines only.
  if (options.isJson) console.error(line);
  else console.log(line);
};
const kit = await createClientKit({ onMaking: (fileName) => say(`making ${fileName} (once)`) });
const crowd = new Crowd({ kit, ...options });
await crowd.prepare();
say(`joining room ${options.room} at ${options.url.origin}: ${options.publishers} publishers${options.isFull ? ' who take their own mix' : ''}, ${options.listeners} listeners`);
await crowd.join();

const snapshot = (): CrowdSnapshot => ({ atUs: kit.clock.nowUs(), members: crowd.members });
const first = snapshot();
const cpuAtFirst = process.cpuUsage();
if (first.members.some(({ failure }) => failure === undefined)) await watch(options, kit, snapshot);
const last = snapshot();
const cpu = process.cpuUsage(cpuAtFirst);
const seconds = (last.atUs - first.atUs) / secondUs;
const reports = reportCrowd(first, last);
tell(options, 'summary', Math.round(seconds), reports);
say(`own cost: ${((cpu.user + cpu.system) / 1e6 / Math.max(seconds, 1e-6)).toFixed(2)} CPU-seconds a second${kit.metronome.skippedBeats > 0 ? `; ${kit.metronome.skippedBeats} beats left out, this machine is too busy to be measured on` : ''}`);
const failures = describeFailures(reports);
for (const failure of failures) console.error(failure);
await crowd.close();
process.exit(failures.length > 0 ? 1 : 0);
