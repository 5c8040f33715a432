/**
 * What `packet-module` hashes messages to, in one of its two forms, as hexadecimal lines: a program of its own, because V8 of Node 20 reads the relaxed one only when it is told so.
 * Arguments: `relaxed` or `plain`, and the key and the messages as hexadecimal numbers.
 */
import { readElement } from '../../src/rtp/srtp/gcm-field.js';
import { blockBytes, hashMessage, messageAt, tableAt, writePacketModule, writeTable, type PacketModule } from '../../src/rtp/srtp/packet-module.js';

const [form, key = '', ...messages] = process.argv.slice(2);
const packetModule = new WebAssembly.Instance(new WebAssembly.Module(writePacketModule(form === 'relaxed'))).exports as PacketModule;
const bytes = Buffer.from(packetModule.memory.buffer);
bytes.set(writeTable(readElement(Buffer.from(key, 'hex'))), tableAt);
for (const message of messages) {
  const end = messageAt + bytes.write(message, messageAt, 'hex');
  hashMessage(packetModule, end, 0);
  console.log(bytes.toString('hex', 0, blockBytes));
}
