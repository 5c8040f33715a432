// Mocha's own spec reporter, which at the end also writes its figures where scripts/run-mocha.mjs reads them.
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

/** A worker that died has no test: mocha knows its file. */
function titleOf(test) {
  return test.err?.file === undefined ? test.fullTitle() : `${test.err.file}: ${test.fullTitle()}`;
}

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    // libwebrtc's Node binding (@roamhq/wrtc) crashes in its destructors at the end of a process in which it made media sources: they do not run.
    process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
    runner.once(Runner.constants.EVENT_RUN_END, () => writeFileSync(process.env.TESSERA_TEST_STATS, JSON.stringify({ ...runner.stats, titles: this.failures.map(titleOf) })));
  }
};
