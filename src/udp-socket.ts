import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';

/** 200 ms of 150 Mbps: what arrives while the event loop is busy with one slow turn. The kernel caps it at its own limit without an error. */
const socketBufferBytes = 4 << 20;

/** A bound socket of the family of `host`, an IP literal; nothing listens on it yet. Rejects with the error of the system (`EADDRINUSE`...). */
export function bindSocket(host: string, port: number): Promise<Socket> {
  const isIpv6 = isIP(host) === 6;
  const family = isIpv6 ? 6 : 4;
  const socket = createSocket({
    type: isIpv6 ? 'udp6' : 'udp4',
    ipv6Only: isIpv6,
    recvBufferSize: socketBufferBytes,
    sendBufferSize: socketBufferBytes,
    // Every address here is a literal; the default look-up would cost a turn of the event loop per packet (1 to 3 us).
    lookup: (address, _options, callback) => callback(null, address, family),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
