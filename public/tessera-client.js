/**
 * Tessera's client library: join a room, or watch one. A server hands it out as one file, without dependencies.
 *
 *     import { TesseraRoom, openDevices } from '/static/tessera-client.js';
 *
 *     const room = new TesseraRoom();
 *     room.addEventListener('stream', ({ detail }) => { video.srcObject = detail.stream; });
 *     room.addEventListener('room', ({ detail }) => console.log(detail.participants.map(({ name }) => name)));
 *     await room.join({ room: 'standup', name: 'Ann' });
 *
 *     const { microphone, camera } = await openDevices({ microphone: true, camera: true });
 *     await room.setMicrophone(microphone);    // or null; room.muteMicrophone(true) to be silent for a while
 *     await room.setCamera(camera);
 *     room.setLayout('speaker');
 *     room.leave();
 *
 *     import { TesseraViewer } from '/static/tessera-client.js';
 *
 *     const viewer = new TesseraViewer();
 *     viewer.addEventListener('stream', ({ detail }) => { video.srcObject = detail.stream; });
 *     viewer.watch({ room: 'standup' });
 *     addEventListener('pagehide', () => viewer.close());
 *
 * Both come back by themselves after a loss. Names in a room were typed by strangers: show them with `textContent`.
 */
export { TesseraRoom } from './client/tessera-room.js';
export { TesseraViewer } from './client/tessera-viewer.js';
export { TesseraError } from './client/errors.js';
export { QualityMeter } from './client/quality-meter.js';
export { canShareScreen, listDevices, openDevices, openScreen } from './client/local-media.js';
