import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { maskCredentials } from '../config/credential-like.ts';
import type { Problem } from '../contract/console-events.ts';
import type { SessionKey } from '../contract/ids.ts';
import {
  type BundleFile,
  type BundleLines,
  type BundlePart,
  type BundlePreview,
  bundleParts,
} from '../contract/support-bundle.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Redactor } from '../secrets/secret-source.ts';
import { collectPart, type RawFile } from './collect.ts';
import type { BundleSources } from './sources.ts';

export interface BundleRequest {
  parts: readonly BundlePart[];
  /** Their content goes in only when the part `sessions` is chosen too. */
  sessions?: readonly SessionKey[];
  /** What the console shows as such now. */
  problems?: readonly Problem[];
  signal: AbortSignal;
  onStep?(stage: BundlePart, done: number, total: number): void;
}

export interface LineQuery {
  file: string;
  /** Of the lines that match, counted from 0. */
  from: number;
  count: number;
  /** Only lines with this, in any case. */
  text?: string;
  redactedOnly?: boolean;
}

/** What was looked at is what is packed: a bundle is gathered once and kept until the next but one. */
export interface SupportBundles {
  gather(request: BundleRequest): Promise<BundlePreview>;
  /** Throws AppError `bundle_not_found` (404), as do all that follow. */
  preview(id: string): BundlePreview;
  lines(id: string, query: LineQuery): BundleLines;
  /** Takes further texts out of every file, whatever the case; replaces those named before. */
  mask(id: string, texts: readonly string[]): BundlePreview;
  /** A zip of every file but these. */
  pack(id: string, leaveOut: readonly string[]): Readable;
}

export interface SupportBundlesOptions {
  sources: BundleSources;
  redactor: Redactor;
  clock: Clock;
}

interface Held {
  id: string;
  createdAt: number;
  left: BundlePreview['left'];
  /** The one redactor went over them. */
  files: RawFile[];
  masks: string[];
  /** By name; made anew when the masks change. */
  shown: Map<string, string[]>;
}

const mostHeld = 2;
const byHand = '[redacted by hand]';
const redaction = /\[redacted [^\]]{1,80}\]/g;

export function createSupportBundles({ sources, redactor, clock }: SupportBundlesOptions): SupportBundles {
  let held: Held[] = [];

  /** Over the whole text, as a secret may have line ends in it. */
  function redact(text: string): string {
    const known = maskCredentials(redactor.redact(text));
    return sources.home.length > 1 ? known.replaceAll(sources.home, '~') : known;
  }

  async function gather({
    parts,
    sessions = [],
    problems,
    signal,
    onStep = () => undefined,
  }: BundleRequest): Promise<BundlePreview> {
    const from = problems ? { ...sources, problems: () => problems } : sources;
    const wanted = bundleParts.filter((part) => parts.includes(part));
    const files: RawFile[] = [];
    const left: Held['left'] = [];
    for (const [index, part] of wanted.entries()) {
      signal.throwIfAborted();
      onStep(part, index, wanted.length);
      try {
        files.push(...(await collectPart(part, from, sessions, signal)));
      } catch (error) {
        signal.throwIfAborted();
        left.push({ part, reason: redact(messageOf(error)) });
      }
    }
    // Secrets that were set meanwhile are known by now.
    const safe = files.map((file) => ({ ...file, name: safeName(redact(file.name)), text: redact(file.text) }));
    const bundle: Held = { id: randomUUID(), createdAt: clock.now(), left, files: safe, masks: [], shown: new Map() };
    held = [bundle, ...held].slice(0, mostHeld);
    onStep(wanted.at(-1) ?? 'program', wanted.length, wanted.length);
    return previewOf(bundle);
  }

  function find(id: string): Held {
    const found = held.find((bundle) => bundle.id === id);
    if (found) return found;
    throw new AppError('bundle_not_found', 'This bundle is no longer kept. Gather it again.', { status: 404 });
  }

  function linesOf(bundle: Held, file: RawFile): string[] {
    const known = bundle.shown.get(file.name);
    if (known) return known;
    const text = bundle.masks.reduce(
      (rest, mask) => rest.replaceAll(new RegExp(RegExp.escape(mask), 'gi'), byHand),
      file.text,
    );
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    bundle.shown.set(file.name, lines);
    return lines;
  }

  function previewOf(bundle: Held): BundlePreview {
    const { id, createdAt, left } = bundle;
    const files = bundle.files.map((file): BundleFile => {
      const lines = linesOf(bundle, file);
      return {
        ...{ name: file.name, part: file.part, isCut: file.isCut, lines: lines.length },
        sizeBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
        redactions: lines.reduce((sum, line) => sum + (line.match(redaction)?.length ?? 0), 0),
      };
    });
    return { id, createdAt, files, left };
  }

  return {
    gather,
    preview: (id) => previewOf(find(id)),
    lines(id, { file: name, from, count, text, redactedOnly = false }) {
      const bundle = find(id);
      const file = bundle.files.find((each) => each.name === name);
      if (!file) throw new AppError('bundle_not_found', 'There is no such file in this bundle.', { status: 404 });
      const wanted = text?.toLowerCase();
      const matching = linesOf(bundle, file)
        .map((line, index) => ({ number: index + 1, text: line, isRedacted: line.search(redaction) >= 0 }))
        .filter(
          (line) =>
            (!redactedOnly || line.isRedacted) && (wanted === undefined || line.text.toLowerCase().includes(wanted)),
        );
      return { lines: matching.slice(from, from + count), total: matching.length };
    },
    mask(id, texts) {
      const bundle = find(id);
      bundle.masks = [...new Set(texts)].toSorted((a, b) => b.length - a.length);
      bundle.shown = new Map();
      return previewOf(bundle);
    },
    pack(id, leaveOut) {
      const bundle = find(id);
      const zip = new ZipFile();
      for (const file of bundle.files) {
        if (leaveOut.includes(file.name)) continue;
        const text = linesOf(bundle, file).map((line) => `${line}\n`);
        zip.addBuffer(Buffer.from(text.join('')), file.name, { mtime: new Date(bundle.createdAt), mode: 0o100600 });
      }
      zip.end();
      return Readable.from(zip.outputStream);
    },
  };
}

/** In an archive that is opened anywhere. */
function safeName(name: string): string {
  return name
    .split('/')
    .map((part) => part.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_'))
    .join('/');
}
