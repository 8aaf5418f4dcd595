/** What a person hands to somebody who helps: chosen, looked at line by line, and then packed. Times since 1970 in ms. */

export const bundleParts = [
  'program',
  'settings',
  'health',
  'doctor',
  'problems',
  'engine',
  'logs',
  'files',
  'crashes',
  'sessions',
] as const;
export type BundlePart = (typeof bundleParts)[number];

export interface BundleFile {
  /** In the archive. */
  name: string;
  part: BundlePart;
  lines: number;
  sizeBytes: number;
  /** Places where something was taken out. */
  redactions: number;
  /** The beginning was left out, because it is too long. */
  isCut: boolean;
}

export interface BundlePreview {
  id: string;
  createdAt: number;
  files: BundleFile[];
  /** Chosen and not in it. */
  left: { part: BundlePart; reason: string }[];
}

export interface BundleLine {
  /** From 1. */
  number: number;
  text: string;
  isRedacted: boolean;
}

export interface BundleLines {
  lines: BundleLine[];
  /** Lines that match, beside those given back. */
  total: number;
}

export type BundleProgress =
  | { type: 'step'; stage: BundlePart; done: number; total: number }
  | { type: 'done'; report: BundlePreview }
  | { type: 'failed'; code: string; message: string };
