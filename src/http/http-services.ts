import type Router from '@koa/router';
import type { IceServers } from '../ice-servers.js';
import type { AllowedOrigins } from '../origins.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { ControlAllowance } from './control-allowance.js';
import type { MediaSessions } from './media-sessions.js';
import type { PageFiles } from './page-files.js';

/** What the routes act on. */
export interface HttpServices {
  readonly registry: RoomRegistry;
  readonly sessions: MediaSessions;
  readonly pages: PageFiles;
  /** Absolute. */
  readonly recordingsFolder: string;
  readonly allowedOrigins: AllowedOrigins;
  readonly iceServers: IceServers;
  readonly bodyLimitBytes: number;
  readonly controls: ControlAllowance;
}

/** Each group of routes is one file with one of these. */
export type AddRoutes = (router: Router, services: HttpServices) => void;
