import { z } from 'zod';

/** Where the proxy in force comes from; `desktop`: the system's own choice for each address, scripts included. */
export const proxySources = ['settings', 'environment', 'desktop', 'gnome', 'macos', 'windows', 'none'] as const;
export type ProxySource = (typeof proxySources)[number];

/** The way out as it is now. Addresses without user and password. */
export interface NetworkStatus {
  source: ProxySource;
  http?: string;
  https?: string;
  /** Hosts that are asked directly, as whoever set the proxy wrote them. */
  bypass: string[];
  /** A script decides (PAC), which only the desktop program can run; without it hosts are asked directly. */
  isScriptIgnored: boolean;
  /** Certificates that are trusted beside the usual ones; undefined when none are named. */
  authorities?: number;
  /** Why nothing can be asked. */
  problem?: { code: string; message: string };
}

export const tryNetworkBody = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'Write an address such as https://example.com.' }).max(2048),
});

/** What came of asking one address for nothing. */
export interface NetworkTrial {
  host: string;
  source: ProxySource;
  /** The proxy that was taken; undefined: asked directly. */
  proxy?: string;
  /** Directly because it is an exception. */
  isException: boolean;
  durationMs: number;
  status?: number;
  problem?: { code: string; message: string };
}
