/** werift as it is shipped: a connection on 127.0.0.1 with one video m-line both ways and one SRTP profile. */
import type { Socket } from 'node:dgram';
import { RTCPeerConnection, useAbsSendTime, useSdesMid, useTransportWideCC, useVP8, type RTCRtpTransceiver } from 'werift';
import type { ProfileId } from './far-protocol.js';

export interface WeriftPeer {
  readonly connection: RTCPeerConnection;
  readonly transceiver: RTCRtpTransceiver;
}

export function createWeriftPeer(): WeriftPeer {
  const connection = new RTCPeerConnection({
    codecs: { video: [useVP8()] },
    // What browsers agree on with it.
    headerExtensions: { video: [useSdesMid(), useAbsSendTime(), useTransportWideCC()] },
    bundlePolicy: 'max-bundle',
    iceServers: [],
    iceInterfaceAddresses: { udp4: '127.0.0.1' },
    iceAdditionalHostAddresses: ['127.0.0.1'],
    iceUseIpv6: false,
  });
  return { connection, transceiver: connection.addTransceiver('video', { direction: 'sendrecv' }) };
}

/** To be said between the descriptions: the transport exists then, and has not begun. */
export function restrictTransport({ connection }: WeriftPeer, profileId: ProfileId): void {
  // Private by its types only.
  for (const transport of connection.dtlsTransports) Object.assign(transport, { srtpProfiles: [profileId] });
  // It would ask a public server for our address.
  for (const { connection: agent } of connection.iceTransports) Object.assign(agent, { stunServer: undefined });
}

export function connected({ connection }: WeriftPeer): Promise<void> {
  return new Promise((resolve) => {
    if (connection.connectionState === 'connected') resolve();
    else connection.connectionStateChange.subscribe((state) => state === 'connected' && resolve());
  });
}

/** The socket of a connected peer and where it sends to; what it would send from now on is held back, RTCP as well. */
export function datagramSocket({ connection }: WeriftPeer, onDatagram: (datagram: Buffer) => void): { readonly socket: Socket; readonly to: readonly [address: string, port: number] } {
  const agent = connection.iceTransports[0]?.connection;
  const pair = agent?.nominated;
  if (agent === undefined || pair === undefined) throw new Error('not connected');
  agent.send = (datagram) => {
    onDatagram(datagram);
    return Promise.resolve();
  };
  // Private by its types only.
  const { transport } = pair.protocol as unknown as { readonly transport: { readonly socket: Socket } };
  return { socket: transport.socket, to: pair.remoteAddr };
}
