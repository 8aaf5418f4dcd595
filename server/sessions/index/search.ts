import type { SearchHit, SessionRow } from '../../contract/sessions.ts';
import type { SessionQuery } from '../store.ts';
import { textsPerSession } from './schema.ts';
import { hitsIn, maxHits } from './search-hits.ts';
import type { SearchWords } from './search-words.ts';
import type { IndexedText, NumberedRow, PageFilter, Tables } from './tables.ts';

/** More matching texts than this are not gathered: then so many sessions match that walking the list is faster. */
const maxGathered = 20_000;
/** The same for words whose places take long to compare, in milliseconds. */
const maxGatheringMs = 15;
/** Most texts looked at while walking the list for one page. */
const maxWalked = 20_000;

/** One tenant's part of a page. `scannedTo` is the last place that was looked at; absent when the list is exhausted. */
export interface PagePart {
  rows: SessionRow[];
  scannedTo?: SessionRow;
}

type Filter = PageFilter & Pick<SessionQuery, 'limit'>;

export function listPage(tables: Tables, filter: Filter): PagePart {
  return firstRows([...tables.rowsAfter(filter, filter.limit + 1)], filter.limit, (row) => row);
}

/** Rows that hold all words in their title or in one message, in the order of the list. */
export function searchPage(tables: Tables, words: SearchWords, filter: Filter): PagePart {
  if (words.match === undefined) return searchTitles(tables, words, filter);
  const gathered = gather(tables, words.match, words);
  if (gathered === undefined) return walk(tables, filter, ({ no }, spend) => hitsIn(textsOf(tables, no, spend), words));
  const rows = tables.rowsOf([...gathered.keys()], filter, filter.limit + 1);
  return firstRows(rows, filter.limit, ({ no, row }) => {
    const texts = (gathered.get(no) ?? []).flatMap((id) => tables.text(id) ?? []);
    return { no, row: { ...row, hits: hitsIn(texts, words) } };
  });
}

function firstRows(rows: NumberedRow[], limit: number, finish: (row: NumberedRow) => NumberedRow): PagePart {
  const kept = rows.slice(0, limit).map((row) => finish(row).row);
  const last = kept.at(-1);
  return rows.length > limit && last !== undefined ? { rows: kept, scannedTo: last } : { rows: kept };
}

/** Every session that matches with the ids of a few matching texts; undefined when there are too many. */
function gather(tables: Tables, match: string, words: SearchWords): Map<number, number[]> | undefined {
  const sessions = new Map<number, number[]>();
  const deadline = performance.now() + maxGatheringMs;
  let looked = 0;
  for (const { rowid } of tables.matches(match)) {
    looked += 1;
    if (looked > maxGathered || (looked % 64 === 0 && performance.now() > deadline)) return undefined;
    const id = Number(rowid);
    const no = Math.floor(id / textsPerSession);
    const ids = sessions.get(no);
    if (ids !== undefined && ids.length >= maxHits) continue;
    // Words too short for the index are looked for in the text itself.
    if (words.isMatchPartial && !words.isIn(tables.text(id)?.text ?? '')) continue;
    if (ids === undefined) sessions.set(no, [id]);
    else ids.push(id);
  }
  return sessions;
}

/** Tells for one row where it matches; `spend` counts the texts looked at. */
type Look = (row: NumberedRow, spend: () => void) => SearchHit[];

function walk(tables: Tables, filter: Filter, look: Look): PagePart {
  const rows: SessionRow[] = [];
  let spent = 0;
  let scannedTo: SessionRow | undefined;
  for (const candidate of tables.rowsAfter(filter)) {
    if (rows.length >= filter.limit || spent >= maxWalked)
      return scannedTo === undefined ? { rows } : { rows, scannedTo };
    const hits = look(candidate, () => {
      spent += 1;
    });
    if (hits.length > 0) rows.push({ ...candidate.row, hits });
    scannedTo = candidate.row;
  }
  return { rows };
}

function searchTitles(tables: Tables, words: SearchWords, filter: Filter): PagePart {
  const found = [...tables.rowsAfter({ ...filter, titleLikes: words.likes }, filter.limit + 1)];
  return firstRows(found, filter.limit, ({ no, row }) => {
    const title = { id: 0, role: null, at: null, text: row.title };
    return { no, row: { ...row, hits: hitsIn([title], words) } };
  });
}

function* textsOf(tables: Tables, no: number, spend: () => void): Generator<IndexedText, void, undefined> {
  for (const text of tables.textsOf(no)) {
    spend();
    yield text;
  }
}
