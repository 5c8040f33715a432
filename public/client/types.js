/**
 * The shapes that cross the WebSocket and the HTTP face, for editors and type checkers; nothing here runs.
 * docs/signalling.md describes the messages, docs/http.md the rest.
 *
 * @typedef {object} Participant
 * @property {string} id
 * @property {string} name as typed by a stranger: show it as text, never as markup
 * @property {'browser' | 'whip'} kind
 * @property {boolean} audio microphone on
 * @property {boolean} video camera on
 * @property {boolean} screen screen shared
 * @property {boolean} speaking
 * @property {'connecting' | 'connected' | 'disconnected'} connection disconnected: nothing has come for 5 s, and he may come back
 * @property {number} csrc by which RTP names him in the packets of the mix: `RTCRtpContributingSource.source`
 * @property {string} joinedAt ISO 8601
 * @property {boolean} muted for everyone, by somebody in the room or over HTTP
 * @property {number} gainDb of his voice for everyone, -60 to 20
 * @property {boolean} deaf hears nobody
 * @property {Hearing} hears
 * @property {boolean} onHold hears `holdSound` alone and is not heard
 * @property {string | null} holdSound
 * @property {boolean} noiseSuppression
 * @property {boolean} levelling
 *
 * @typedef {object} Hearing whom he hears, in dB from -60 to 20; null: not heard
 * @property {number | null} rest all who are not in `sources`
 * @property {Readonly<Record<string, number | null>>} sources by the participant's id
 *
 * @typedef {object} ParticipantChanges what is missing stays as it is
 * @property {boolean} [muted]
 * @property {number} [gainDb]
 * @property {boolean} [deaf]
 * @property {Partial<Hearing>} [hears] the whole row
 * @property {boolean | { sound: string }} [onHold] with the server's file, or with another one
 * @property {boolean} [noiseSuppression]
 * @property {boolean} [levelling]
 *
 * @typedef {object} Sound a file that is played into the room
 * @property {string} id
 * @property {string} file
 * @property {boolean} loop
 * @property {number} gainDb
 * @property {readonly string[] | null} participantIds who hears it; null: everyone
 * @property {'playing' | 'ended' | 'stopped' | 'failed'} status
 * @property {string} startedAt ISO 8601
 * @property {string | null} endedAt
 * @property {'sound_unreadable' | 'sound_too_long' | null} error
 *
 * @typedef {object} SoundWishes
 * @property {string} file one of `GET /api/sounds`
 * @property {boolean} [loop]
 * @property {number} [gainDb]
 * @property {readonly string[]} [participantIds] who is to hear it; everyone when it is missing
 *
 * @typedef {object} Recording
 * @property {string} id
 * @property {string} room
 * @property {'mp4' | 'webm'} format
 * @property {'starting' | 'active' | 'complete' | 'failed'} status
 * @property {string | null} startedAt ISO 8601
 * @property {string | null} endedAt ISO 8601
 * @property {number} durationMs
 * @property {number} bytes
 * @property {string} url of the file, may be relative to the server
 * @property {string | null} error
 *
 * @typedef {object} RoomDescription
 * @property {string} name
 * @property {string} createdAt ISO 8601
 * @property {string} layout
 * @property {{ width: number, height: number, fps: number }} video of the mix, in pixels and frames per second
 * @property {{ mode: 'voice' | 'music' }} audio
 * @property {readonly Participant[]} participants
 * @property {number} viewers
 * @property {readonly Recording[]} recordings
 * @property {readonly Sound[]} sounds that are playing
 *
 * @typedef {object} Speaking
 * @property {readonly string[]} participantIds loudest first
 * @property {string | null} dominant who leads the conversation; the layout follows him, at most each 2 s
 *
 * @typedef {object} MediaState what is switched on
 * @property {boolean} audio
 * @property {boolean} video
 * @property {boolean} screen
 *
 * @typedef {object} Tracks what is sent; null sends nothing
 * @property {MediaStreamTrack | null} microphone
 * @property {MediaStreamTrack | null} camera
 * @property {MediaStreamTrack | null} screen
 *
 * @typedef {object} EncodingWish what to send of a source, until the next wish for it: what its tile shows
 * @property {'camera' | 'screen'} source
 * @property {boolean} active false: no tile shows it, nothing is to be sent
 * @property {number} width of the whole picture, in pixels: not to be larger than that, nor smaller
 * @property {number} height
 * @property {number} maxFps
 * @property {number} maxBitrate bits a second
 *
 * @typedef {{ urls: string[], username?: string, credential?: string }} IceServer as RTCPeerConnection takes it
 *
 * @typedef {{ type: 'joined', participantId: string, room: RoomDescription, layouts: readonly string[], iceServers: readonly IceServer[], control?: 'everyone' | 'api', secret: string, resumeTimeoutMs: number }} JoinedMessage
 * @typedef {{ type: 'resumed', participantId: string, room: RoomDescription, layouts: readonly string[], iceServers: readonly IceServer[] }} ResumedMessage
 * @typedef {{ type: 'offer', sdp: string, offerId: number, iceServers?: readonly IceServer[] }} OfferMessage
 * @typedef {{ type: 'closed', reason: string, rejoin: boolean, afterMs: number }} ClosedMessage
 * @typedef {{ type: 'error', error: { code: string, message: string, details?: unknown } }} ErrorMessage
 * @typedef {JoinedMessage
 *   | ResumedMessage
 *   | OfferMessage
 *   | { type: 'room', room: RoomDescription }
 *   | ({ type: 'speaking' } & Speaking)
 *   | { type: 'levels', participants: Readonly<Record<string, number>> }
 *   | { type: 'recording', recording: Recording }
 *   | { type: 'sound', sound: Sound }
 *   | ({ type: 'encoding' } & EncodingWish)
 *   | { type: 'pong' }
 *   | ErrorMessage
 *   | ClosedMessage} ServerMessage
 */
export {};
