/** The measured process: all paths in turns, CPU time of the whole process for each packet. Its one answer is {@link SrtpCosts}. */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto';
import { RtpPacket, SrtpSession } from 'werift';
import { SrtpReceiver } from '../../src/rtp/srtp/srtp-receiver.js';
import { SrtpSender } from '../../src/rtp/srtp/srtp-sender.js';
import type { SrtpKeying, SrtpProfile } from '../../src/rtp/srtp/session-keys.js';
import { SeededRandom } from '../network/seeded-random.js';
import { median } from '../support/bench.js';
import { burstPackets, payloadBytes, type ProfileId } from './far-protocol.js';
import { FarEnd, openBareLink, openOwnLink, openWeriftLink, type Link } from './links.js';

/** Microseconds a packet, by what was measured: `send bare`, `7 send own`, `1 open floor`… */
export type SrtpCosts = Readonly<Record<string, number>>;

const packetsPerTurn = 1_200;
/** Sending is over quickly, so that it can be more. */
const sentPerTurn = 3_600;
/** Longer than the slowest of all takes to send them; who slept more would not answer for his connections. */
const restMs = 400;
/** The compiler works on what is new for so long, in threads of its own, whose time would count. */
const warmUpTurns = 4;
/**
 * Turns of one round: short ones, so that what else the machine does meets all alike, and each in an order of its own. There is about one collection of the whole heap a turn, most of which is
 * werift's: it triples the figure that it meets, which in the same order would be the same one in each turn.
 */
const turnsPerRound = 5;
const headerBytes = 28;
const profiles: readonly (readonly [ProfileId, SrtpProfile])[] = [[7, 'AEAD_AES_128_GCM'], [1, 'AES_CM_128_HMAC_SHA1_80']];

const samples = new Map<string, number[]>();

function note(name: string, us: number | undefined): void {
  if (us === undefined) return;
  const known = samples.get(name);
  if (known === undefined) samples.set(name, [us]);
  else known.push(us);
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Burst after burst, as a process does that has much to do. */
async function measureSending({ send }: Link, linkName: string, far: FarEnd): Promise<number> {
  far.tell({ type: 'rest', link: linkName, ms: restMs });
  await far.hear('resting', linkName);
  const startMs = performance.now();
  const startUs = cpuUs();
  for (let left = sentPerTurn; left > 0; left -= burstPackets) {
    for (let i = 0; i < burstPackets; i++) send();
    await turnOfLoop();
  }
  const spentUs = cpuUs() - startUs;
  if (performance.now() - startMs > restMs) throw new Error(`${linkName} sent for longer than its receiver slept`);
  await far.hear('rested', linkName);
  return spentUs / sentPerTurn;
}

async function measureReceiving(link: Link, linkName: string, far: FarEnd): Promise<number | undefined> {
  const before = link.received();
  const startUs = cpuUs();
  far.tell({ type: 'send', link: linkName, packets: packetsPerTurn });
  await far.hear('sent', linkName);
  const spentUs = cpuUs() - startUs;
  const packets = link.received() - before;
  // Some are lost when the machine is busy, and what was lost cost little: a turn of which most is lost says nothing.
  if (packets < packetsPerTurn / 2) return undefined;
  return spentUs / packets;
}

interface Sealing {
  readonly name: string;
  readonly seal: (packets: readonly Buffer[]) => readonly Buffer[];
  readonly open: (datagrams: readonly Buffer[]) => void;
}

function sealings(profileId: ProfileId, profile: SrtpProfile): readonly Sealing[] {
  const keying: SrtpKeying = { profile, masterKey: Buffer.alloc(16, 5), masterSalt: Buffer.alloc(profileId === 7 ? 12 : 14, 9) };
  const keys = { localMasterKey: keying.masterKey, localMasterSalt: keying.masterSalt, remoteMasterKey: keying.masterKey, remoteMasterSalt: keying.masterSalt };
  const [sender, receiver] = [new SrtpSender(keying), new SrtpReceiver(keying)];
  const [weriftSender, weriftReceiver] = [new SrtpSession({ keys, profile: profileId }), new SrtpSession({ keys, profile: profileId })];
  const key = createSecretKey(Buffer.alloc(16, 1));
  const hmacKey = createSecretKey(Buffer.alloc(20, 1));
  const iv = Buffer.alloc(profileId === 7 ? 12 : 16);
  const floorSeal = (packet: Buffer): Buffer => {
    const [header, payload] = [packet.subarray(0, headerBytes), packet.subarray(headerBytes)];
    if (profileId === 7) {
      const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(header);
      return Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
    }
    const sealed = Buffer.concat([header, createCipheriv('aes-128-ctr', key, iv).update(payload)]);
    return Buffer.concat([sealed, createHmac('sha1', hmacKey).update(sealed).digest().subarray(0, 10)]);
  };
  const floorOpen = (datagram: Buffer): void => {
    if (profileId === 7) {
      const decipher = createDecipheriv('aes-128-gcm', key, iv).setAAD(datagram.subarray(0, headerBytes)).setAuthTag(datagram.subarray(-16));
      decipher.update(datagram.subarray(headerBytes, -16));
      decipher.final();
      return;
    }
    createHmac('sha1', hmacKey).update(datagram.subarray(0, -10)).digest();
    createCipheriv('aes-128-ctr', key, iv).update(datagram.subarray(headerBytes, -10));
  };
  return [
    { name: 'own', seal: (packets) => packets.map((packet) => sender.protectRtp(packet)), open: (datagrams) => datagrams.forEach((datagram) => receiver.unprotectRtp(datagram)) },
    {
      name: 'werift',
      seal: (packets) =>
        packets.map((packet) => {
          const { payload, header } = RtpPacket.deSerialize(packet);
          return weriftSender.encrypt(payload, header);
        }),
      open: (datagrams) => datagrams.forEach((datagram) => weriftReceiver.decrypt(datagram)),
    },
    { name: 'floor', seal: (packets) => packets.map(floorSeal), open: (datagrams) => datagrams.forEach(floorOpen) },
  ];
}

/** One packet under one sequence number after another. */
function makePackets(first: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const packet = Buffer.alloc(headerBytes + payloadBytes, 0x55);
    packet.writeUInt32BE(0x90600000 + ((first + i) & 0xffff));
    packet.writeUInt32BE(0xbede0003, 12);
    return packet;
  });
}

function measureSealing(profileId: ProfileId, { name, seal, open }: Sealing, first: number): void {
  let [sealUs, openUs] = [0, 0];
  for (let done = 0; done < packetsPerTurn; done += burstPackets) {
    const packets = makePackets(first + done, burstPackets);
    const startUs = cpuUs();
    const datagrams = seal(packets);
    const sealedUs = cpuUs();
    open(datagrams);
    openUs += cpuUs() - sealedUs;
    sealUs += sealedUs - startUs;
  }
  note(`${profileId} seal ${name}`, sealUs / packetsPerTurn);
  note(`${profileId} open ${name}`, openUs / packetsPerTurn);
}

async function run(rounds: number): Promise<SrtpCosts> {
  const far = new FarEnd();
  const bare = await openBareLink(far, 'bare');
  const lean = await openBareLink(far, 'lean');
  const measurements: ((turn: number) => Promise<void> | void)[] = [
    async () => note('send lean', await measureSending(lean, 'lean', far)),
    async () => note('send bare', await measureSending(bare, 'bare', far)),
    async () => note('receive bare', await measureReceiving(bare, 'bare', far)),
  ];
  for (const [profileId, profile] of profiles) {
    for (const link of [await openOwnLink(far, profileId), await openWeriftLink(far, profileId)]) {
      const linkName = `${link.name} ${profileId}`;
      measurements.push(async () => note(`${profileId} send ${link.name}`, await measureSending(link, linkName, far)));
      measurements.push(async () => note(`${profileId} receive ${link.name}`, await measureReceiving(link, linkName, far)));
    }
    for (const way of sealings(profileId, profile)) measurements.push((turn) => measureSealing(profileId, way, 1 + turn * packetsPerTurn));
  }
  const random = new SeededRandom(1);
  for (let turn = 0; turn < warmUpTurns + rounds * turnsPerRound; turn++) {
    if (turn === warmUpTurns) samples.clear();
    for (const { measure } of measurements.map((each) => ({ measure: each, place: random.next() })).sort((one, other) => one.place - other.place)) await measure(turn);
  }
  far.close();
  return Object.fromEntries([...samples].map(([name, values]) => [name, median(values)]));
}

const { rounds } = JSON.parse(process.argv[2] ?? '{}') as { readonly rounds: number };
process.send?.(await run(rounds), () => process.exit(0));
