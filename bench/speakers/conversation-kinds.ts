/** The conversations on which rules for the dominant speaker are compared: one trouble each, and all of them at once. */
import type { ConversationKind } from './conversation-script.js';

const calm: ConversationKind = {
  name: 'turns',
  people: 4,
  interruptionShare: 0,
  acknowledgementsPerMinute: 0,
  coughsPerMinute: 0,
  slamsPerMinute: 0,
  typingPerMinute: 0,
  gainSpreadDb: 4,
  fanBelowSpeechDb: [45, 30],
  echoBelowSpeechDb: undefined,
  dtxShare: 0,
};

export const conversationKinds: readonly ConversationKind[] = [
  calm,
  { ...calm, name: 'mm-hm', acknowledgementsPerMinute: 14 },
  { ...calm, name: 'interruptions', interruptionShare: 0.5 },
  { ...calm, name: 'coughs, doors, typing', coughsPerMinute: 4, slamsPerMinute: 3, typingPerMinute: 3 },
  { ...calm, name: 'fans, unlike microphones', gainSpreadDb: 10, fanBelowSpeechDb: [40, 20], dtxShare: 0.4 },
  { ...calm, name: 'echo at -20 dB', gainSpreadDb: 8, echoBelowSpeechDb: 20 },
  {
    ...calm,
    name: 'all of it, 8 people',
    people: 8,
    interruptionShare: 0.25,
    acknowledgementsPerMinute: 8,
    coughsPerMinute: 2,
    slamsPerMinute: 1,
    typingPerMinute: 2,
    gainSpreadDb: 8,
    fanBelowSpeechDb: [45, 22],
    echoBelowSpeechDb: 20,
    dtxShare: 0.3,
  },
];
