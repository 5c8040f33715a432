/** The part of `sdp-transform` 3 that is used; it ships no types. Numbers stand where the text is one (a fragment `1234` too), hence the unions. */
declare module 'sdp-transform' {
  type Token = string | number;

  export interface CandidateLine {
    readonly foundation: Token;
    readonly component: Token;
    readonly transport: Token;
    readonly priority: Token;
    readonly ip: Token;
    readonly port: Token;
    readonly type: Token;
  }

  /** What may stand in the session part and in each media part. */
  interface SharedLines {
    readonly iceUfrag?: Token;
    readonly icePwd?: Token;
    readonly icelite?: string;
    readonly fingerprint?: { readonly type: Token; readonly hash: Token };
    readonly setup?: string;
    readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
    readonly candidates?: readonly CandidateLine[];
    readonly ext?: readonly { readonly value: Token; readonly uri: Token; readonly direction?: Token; readonly 'encrypt-uri'?: Token }[];
  }

  export interface ParsedMedia extends SharedLines {
    readonly type: string;
    readonly port: Token;
    readonly protocol: string;
    readonly payloads?: Token;
    readonly mid?: Token;
    readonly bundleOnly?: string;
    readonly rtcpMux?: string;
    readonly rtcpRsize?: string;
    /** RFC 8851. */
    readonly rids?: readonly { readonly id: Token; readonly direction: string; readonly params?: Token }[];
    /** RFC 8853 5.1: at most one list for each direction. */
    readonly simulcast?: { readonly dir1: string; readonly list1: Token; readonly dir2?: string; readonly list2?: Token };
    readonly rtp: readonly { readonly payload: Token; readonly codec: Token; readonly rate?: Token; readonly encoding?: Token }[];
    readonly fmtp: readonly { readonly payload: Token; readonly config: Token }[];
    readonly rtcpFb?: readonly { readonly payload: Token; readonly type: Token; readonly subtype?: Token }[];
    readonly ssrcs?: readonly { readonly id: Token; readonly attribute: Token; readonly value?: Token }[];
    readonly ssrcGroups?: readonly { readonly semantics: Token; readonly ssrcs: Token }[];
  }

  export interface ParsedSdp extends SharedLines {
    readonly version?: Token;
    readonly groups?: readonly { readonly type: Token; readonly mids: Token }[];
    readonly media: readonly ParsedMedia[];
  }

  export function parse(sdp: string): ParsedSdp;
}
