/** A tab of Firefox, driven over WebDriver BiDi. */
import type { BidiConnection } from './bidi-connection.js';

interface EvaluateResult {
  readonly type: 'success' | 'exception';
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string };
}

export class FirefoxPage {
  readonly #bidi: BidiConnection;
  readonly #context: string;

  private constructor(bidi: BidiConnection, context: string) {
    this.#bidi = bidi;
    this.#context = context;
  }

  /** @param scripts run in each document of the tab before its own, but not in its blank beginning, which has no devices and no storage */
  static async open(bidi: BidiConnection, url: string, scripts: readonly string[]): Promise<FirefoxPage> {
    const { context } = await bidi.send<{ readonly context: string }>('browsingContext.create', { type: 'tab' });
    for (const script of scripts) await bidi.send('script.addPreloadScript', { functionDeclaration: `() => { if (location.protocol.startsWith('http')) {\n${script}\n} }`, contexts: [context] });
    await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' });
    return new FirefoxPage(bidi, context);
  }

  /** What an expression in the page gives, awaited; it must be JSON. */
  async evaluate<Result>(expression: string): Promise<Result> {
    // As JSON: BiDi's own form of a value names the type of each part.
    const answer = await this.#bidi.send<EvaluateResult>('script.evaluate', {
      expression: `(async () => JSON.stringify((await (${expression})) ?? null))()`, target: { context: this.#context }, awaitPromise: true, userActivation: true,
    });
    if (answer.type === 'exception') throw new Error(answer.exceptionDetails?.text ?? 'an exception without words');
    return JSON.parse(String(answer.result?.value)) as Result;
  }

  /** PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#bidi.send<{ readonly data: string }>('browsingContext.captureScreenshot', { context: this.#context });
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    await this.#bidi.send('browsingContext.close', { context: this.#context });
  }
}
