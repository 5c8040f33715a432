import { expect } from 'chai';
import { IceAgent, type LocalIce, type RemoteIce } from '../../../src/peer/ice-agent.js';
import { IcePath } from '../../../src/peer/ice-path.js';
import { UdpPort } from '../../../src/peer/udp-port.js';
import { Connection } from '../../../src/peer/werift.js';
import { eventually } from '../../support/eventually.js';
import { ManualTime } from '../../support/manual-time.js';
import { loopback } from './peer-rig.js';

const restartTimeoutMs = 15_000;
const nobody = { ufrag: 'nobody', password: 'nobodynobodynobodynobody', isLite: false };
const media = Buffer.from('80', 'hex');
const remoteOf = ({ ufrag, password }: LocalIce): RemoteIce => ({ ufrag, password, isLite: false });
const nothing = (): void => undefined;

/** The connections that are started meanwhile, in their order: where consent expires is inside werift, and takes 30 s there. */
function recordConnections(): { readonly started: Connection[]; readonly stop: () => void } {
  const started: Connection[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, and called on each instance
  const { connect } = Connection.prototype;
  Connection.prototype.connect = function (this: Connection): Promise<void> {
    started.push(this);
    return connect.call(this);
  };
  return { started, stop: () => void (Connection.prototype.connect = connect) };
}

describe('IcePath', () => {
  let timers: ManualTime;
  let port: UdpPort;
  let farPort: UdpPort;
  let far: IceAgent;
  let path: IcePath;
  let told: string[];
  let connections: ReturnType<typeof recordConnections>;

  beforeEach(async () => {
    connections = recordConnections();
    told = [];
    timers = new ManualTime();
    [port, farPort] = await Promise.all([UdpPort.open(loopback), UdpPort.open(loopback)]);
    path = new IcePath({
      port,
      timers,
      restartTimeoutMs,
      events: { onConnected: () => told.push('connected'), onRestarted: () => told.push('restarted'), onFailed: () => told.push('failed'), onStun: nothing, onDtls: nothing, onMedia: () => told.push('media') },
    });
    await path.gather();
    far = await createFar();
    path.start(remoteOf(far), false);
    far.start(remoteOf(path.local), true);
    await eventually('there is a path', () => told.length === 1 && far.route !== undefined, 2_000);
  });

  afterEach(async () => {
    connections.stop();
    await Promise.all([path.close(), far.close()]);
    await Promise.all([port.close(), farPort.close()]);
  });

  async function createFar(onStun: () => void = nothing): Promise<IceAgent> {
    const agent = new IceAgent({ port: farPort, events: { onConnected: nothing, onFailed: nothing, onStun, onDtls: nothing, onMedia: nothing } });
    agent.control();
    await agent.gather();
    agent.addRemoteCandidate({ foundation: '1', priority: 1, address: '127.0.0.1', port: port.port, type: 'host' });
    return agent;
  }

  /** Of the agent that has connected first. */
  function expireConsent(): void {
    connections.started[0]!.stateChanged.execute('failed');
  }

  it('tells at once that consent has expired', () => {
    expireConsent();
    expect(told).to.deep.equal(['connected', 'failed']);
  });

  it('sends no media without consent while a restart is under way, and tells when that comes to nothing', async () => {
    await path.prepareRestart(false);
    expect(path.sendMedia(media)).to.equal(true);
    expireConsent();
    expect([told, path.sendMedia(media)]).to.deep.equal([['connected'], false]);
    // A further one is another chance.
    await path.prepareRestart(false);
    expect(told).to.deep.equal(['connected']);
    timers.advance(restartTimeoutMs);
    expect([told, path.sendMedia(media)]).to.deep.equal([['connected', 'failed'], false]);
  });

  it('sends again when the restart has brought consent back', async () => {
    const agent = await path.prepareRestart(false);
    expireConsent();
    const again = await createFar();
    path.startRestart(agent!, remoteOf(again), false);
    again.start(remoteOf(agent!), true);
    await eventually('there is a new path', () => told.includes('restarted'), 2_000);
    expect([told, path.sendMedia(media)]).to.deep.equal([['connected', 'restarted'], true]);
    await again.close();
  });

  const endings: readonly [string, () => unknown][] = [
    ['came to nothing', () => timers.advance(restartTimeoutMs)],
    ['was replaced', () => path.prepareRestart(false)],
  ];
  for (const [what, end] of endings) {
    it(`keeps its address when a restart from the same one ${what}`, async () => {
      let heard = 0;
      const again = await createFar(() => heard++);
      path.startRestart((await path.prepareRestart(false))!, remoteOf(again), false);
      // It answers, but never nominates.
      path.readCandidates([`candidate:1 1 udp 1 127.0.0.1 ${farPort.port} typ host`])();
      await eventually('the address has been proved once more', () => heard > 0 && port.askedCount === 0, 2_000);
      await end();
      far.sendMedia(media);
      await eventually('media have come', () => told.length > 1, 2_000);
      expect([told, port.counters.droppedUnknownSource, path.sendMedia(media)]).to.deep.equal([['connected', 'media'], 0, true]);
      await again.close();
    });
  }

  it('tells nobody when it is closed', async () => {
    path.startRestart((await path.prepareRestart(false))!, nobody, false);
    expireConsent();
    await path.close();
    expect(told).to.deep.equal(['connected']);
  });
});
