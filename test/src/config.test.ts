import { expect } from 'chai';
import { ConfigError, loadConfig } from '../../src/config-load.js';
import { optionTable, type Config } from '../../src/config.js';
import { envName } from '../../src/config-option.js';

function load(env: NodeJS.ProcessEnv, yaml?: string): Config {
  return loadConfig(env, () => yaml).config;
}

function mistakes(env: NodeJS.ProcessEnv, yaml?: string): readonly string[] {
  try {
    load(env, yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('the table of options', () => {
  it('has defaults that its own checks take', () => {
    for (const option of Object.values(optionTable)) expect(option.check(option.default), option.key).to.deep.equal(option.default);
    expect(mistakes({})).to.deep.equal([]);
  });

  it('has each key and each environment variable once', () => {
    const keys = Object.values(optionTable).map(({ key }) => key);
    expect(new Set(keys).size).to.equal(keys.length);
    expect(new Set(keys.map(envName)).size).to.equal(keys.length);
    for (const key of keys) expect(envName(key)).to.match(/^TESSERA(_[A-Z0-9]+)+$/);
  });

  it('reads what an environment variable says of each default as that default', () => {
    for (const option of Object.values(optionTable)) {
      const text = Array.isArray(option.default) ? option.default.join(',') : String(option.default);
      const read: unknown = option.check(option.fromText(text));
      expect(read, option.key).to.deep.equal(option.default);
    }
  });
});

describe('loadConfig', () => {
  it('starts without any configuration', () => {
    expect(load({})).to.deep.include({ httpHost: '127.0.0.1', httpPort: 8080, udpPortMin: 40_000, udpPortMax: 40_099, announcedAddresses: [], canvasWidth: 1280, createOnJoin: true });
  });

  it('takes the file over the defaults and the environment over the file', () => {
    const yaml = 'http:\n  port: 9000\n  host: 0.0.0.0\nudp:\n  announcedAddresses: [192.0.2.1, "2001:db8::1"]\nrooms:\n  createOnJoin: false\n';
    const config = load({ TESSERA_HTTP_PORT: '9001', TESSERA_ICE_SERVERS: 'stun:a.example:3478, stun:b.example' }, yaml);
    expect(config).to.deep.include({ httpPort: 9001, httpHost: '0.0.0.0', announcedAddresses: ['192.0.2.1', '2001:db8::1'], createOnJoin: false, iceServers: ['stun:a.example:3478', 'stun:b.example'] });
  });

  it('takes some of a few words, each once, and no other', () => {
    expect(load({ TESSERA_WHIP_REQUIRED: 'video, audio,video' }).requiredMedia).to.deep.equal(['audio', 'video']);
    expect(load({}, 'whip:\n  required: [audio]\n').requiredMedia).to.deep.equal(['audio']);
    expect(() => load({ TESSERA_WHIP_REQUIRED: 'audio,smell' })).to.throw(ConfigError, 'must be a list of audio, video; "smell" is not one of them');
  });

  it('reads the file that TESSERA_CONFIG names, else ./tessera.yaml', () => {
    const asked: string[] = [];
    const read = (path: string): undefined => void asked.push(path);
    loadConfig({}, read);
    expect(() => loadConfig({ TESSERA_CONFIG: '/etc/tessera.yaml' }, read)).to.throw(ConfigError, 'there is no file /etc/tessera.yaml');
    expect(asked).to.deep.equal(['./tessera.yaml', '/etc/tessera.yaml']);
  });

  it('reads FFMPEG_PATH unless TESSERA_FFMPEG_PATH is set; an empty variable is not set', () => {
    expect(load({ FFMPEG_PATH: '/opt/ffmpeg' }).ffmpegPath).to.equal('/opt/ffmpeg');
    expect(load({ FFMPEG_PATH: '/opt/ffmpeg', TESSERA_FFMPEG_PATH: '/usr/bin/ffmpeg' }).ffmpegPath).to.equal('/usr/bin/ffmpeg');
    expect(load({ FFMPEG_PATH: '/opt/ffmpeg', TESSERA_FFMPEG_PATH: '' }).ffmpegPath).to.equal('/opt/ffmpeg');
    expect(load({ TESSERA_HTTP_PORT: '' }).httpPort).to.equal(8080);
  });

  it('takes an empty file and one of comments', () => {
    expect(mistakes({}, '')).to.deep.equal([]);
    expect(mistakes({}, '# nothing yet\n')).to.deep.equal([]);
    expect(mistakes({}, 'http:\n')).to.deep.equal([]);
  });

  it('lists every mistake at once', () => {
    const found = mistakes({ TESSERA_HTTP_PORT: '80a', TESSERA_CANVAS_WIDTH: '641', TESSERA_LOG_LEVEL: 'loud' }, 'http:\n  prot: 80\nrooms:\n  max: 0\n');
    expect(found).to.have.length(5);
  });

  const cases: readonly [env: NodeJS.ProcessEnv, yaml: string | undefined, ...mistakes: string[]][] = [
    [{ TESSERA_HTTP_PORT: '70000' }, undefined, 'TESSERA_HTTP_PORT must be 0 to 65535; it is 70000'],
    [{ TESSERA_HTTP_PORT: '-1' }, undefined, 'TESSERA_HTTP_PORT must be 0 to 65535; it is -1'],
    [{ TESSERA_HTTP_PORT: '80.5' }, undefined, 'TESSERA_HTTP_PORT must be a whole number, 0 to 65535; it is "80.5"'],
    [{ TESSERA_HTTP_PORT: '0x50' }, undefined, 'TESSERA_HTTP_PORT must be a whole number, 0 to 65535; it is "0x50"'],
    [{ TESSERA_HTTP_HOST: 'a b' }, undefined, 'TESSERA_HTTP_HOST must be an address or host name; it is "a b"'],
    [{ TESSERA_CANVAS_WIDTH: '641' }, undefined, 'TESSERA_CANVAS_WIDTH must be 160 to 1920, a multiple of 2; it is 641'],
    [{ TESSERA_ROOMS_CREATE_ON_JOIN: 'yes' }, undefined, 'TESSERA_ROOMS_CREATE_ON_JOIN must be true or false; it is "yes"'],
    [{ TESSERA_UDP_ANNOUNCED_ADDRESSES: '192.0.2.1,me' }, undefined, 'TESSERA_UDP_ANNOUNCED_ADDRESSES must be a list of addresses; "me" is not one of them'],
    [{ TESSERA_ICE_SERVERS: 'http:a.example' }, undefined, 'TESSERA_ICE_SERVERS must be a list of stun: or turn: URLs; "http:a.example" is not one of them'],
    [{ TESSERA_ICE_SERVERS: 'turn:a.example' }, undefined, 'ice.servers has a TURN server, and clients need credentials for it: set ice.turnSecret, or ice.turnUsername and ice.turnPassword'],
    [{ TESSERA_ICE_TURN_SECRET: 'secret' }, undefined, 'there are credentials for TURN, and ice.servers has no TURN server'],
    [{ TESSERA_ICE_SERVERS: 'turns:a.example', TESSERA_ICE_TURN_USERNAME: 'ann' }, undefined, 'ice.turnUsername and ice.turnPassword are needed both'],
    [{ TESSERA_ICE_SERVERS: 'turn:a.example', TESSERA_ICE_TURN_USERNAME: 'ann', TESSERA_ICE_TURN_SECRET: 's' }, undefined, 'ice.turnSecret takes the place of ice.turnUsername and ice.turnPassword; set one or the other'],
    [{}, 'ice:\n  turnSecret: [hush]\n', './tessera.yaml: ice.turnSecret must be up to 256 printable ASCII characters; it is something else'],
    [{ TESSERA_UDP_HOST: '192.0.2.1,192.0.2.2' }, undefined, 'TESSERA_UDP_HOST must be an address, one of each family, or empty; it is "192.0.2.1,192.0.2.2"'],
    [{ TESSERA_LOG_LEVEL: 'loud' }, undefined, 'TESSERA_LOG_LEVEL must be one of debug, info, warn, error; it is "loud"'],
    [{ TESSERA_UDP_PORT_MIN: '41000' }, undefined, 'udp.portMin (41000) is above udp.portMax (40099)'],
    [{ TESSERA_UDP_PORT_MIN: '0' }, undefined, 'udp.portMin and udp.portMax must both be 0 (any free port) or neither'],
    [{ TESSERA_UDP_PORT_MIN: '40090' }, undefined, 'rooms.max (20) needs as many UDP ports, and udp.portMin to udp.portMax are 10'],
    [{}, 'http:\n  port: "8080"\n', './tessera.yaml: http.port must be a whole number, 0 to 65535; it is "8080"'],
    [{}, 'http:\n  port:\n', './tessera.yaml: http.port must be a whole number, 0 to 65535; it is null'],
    [{}, 'http:\n  prot: 1\n', './tessera.yaml: there is no option http.prot'],
    [{}, 'htp:\n  port: 1\n', './tessera.yaml: there is no option htp'],
    [{}, 'http: 8080\n', './tessera.yaml: http must hold further keys, e.g. http: { host: "127.0.0.1" }'],
    [{}, 'udp: any\n', './tessera.yaml: udp must hold further keys, e.g. udp: { host: "" }'],
    [{}, '- http\n', './tessera.yaml: the file must hold further keys, e.g. http: { host: "127.0.0.1" }'],
  ];
  for (const [env, yaml, ...expected] of cases) {
    it(`refuses ${JSON.stringify(yaml ?? env)}`, () => {
      expect(mistakes(env, yaml)).to.deep.equal(expected);
    });
  }

  it('refuses what is no YAML, and keys that are there twice, with the line', () => {
    expect(mistakes({}, 'http: [')[0]).to.match(/^\.\/tessera\.yaml: .* at line 1, column \d+$/);
    expect(mistakes({}, 'http:\n  port: 1\nhttp:\n  port: 2\n')[0]).to.match(/unique.* at line 3/);
  });

  it('takes any free UDP ports', () => {
    expect(load({ TESSERA_UDP_PORT_MIN: '0', TESSERA_UDP_PORT_MAX: '0' })).to.deep.include({ udpPortMin: 0, udpPortMax: 0 });
  });

  it('warns of variables that are no options: others may have set them', () => {
    expect(loadConfig({ TESSERA_PORT: 'tcp://10.0.0.1:8080', TESSERA_HTTP_PORT: '1', HOME: '/root' }, () => undefined).warnings).to.deep.equal(['TESSERA_PORT is set, and there is no such option']);
  });
});
