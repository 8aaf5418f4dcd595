import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { KnowledgeHit } from '../contract/knowledge.ts';
import { makePrivateFileSync } from '../data/private-file.ts';
import type { KnowledgeQuery } from './knowledge-query.ts';
import type { Passage } from './passages.ts';

const schemaVersion = 1;
const schema = `
  CREATE TABLE documents (id TEXT PRIMARY KEY, title TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE passages (id INTEGER PRIMARY KEY, document TEXT NOT NULL, page INTEGER NOT NULL, start INTEGER NOT NULL);
  CREATE INDEX passages_of ON passages (document);
  CREATE VIRTUAL TABLE texts USING fts5 (title, text, tokenize = 'trigram');
  INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);
  INSERT INTO texts (texts, rank) VALUES ('rank', 'bm25(3.0, 1.0)');
`;
/** Passages looked through for words that the index does not know. */
const maxScanned = 50_000;

export type IndexHit = Omit<KnowledgeHit, 'kbId'>;

/**
 * The full-text index of one knowledge base. It holds nothing that the documents' texts do not: whatever is wrong with
 * it is answered by making it anew.
 */
export interface KnowledgeIndex {
  /** Ids of the documents that are in it whole. */
  documents(): Set<string>;
  /** Starts a document; its passages come through `add`, and it counts once `finish` was called. */
  begin(docId: string): void;
  add(docId: string, title: string, passages: readonly Passage[]): void;
  finish(docId: string, title: string): void;
  /** Leaves no word of it in the file. */
  remove(docId: string): void;
  /** Best first. */
  search(query: KnowledgeQuery, limit: number): IndexHit[];
  close(): void;
}

/** Opens or makes the file; one that is damaged or of another version is made anew. */
export function openKnowledgeIndex(file: string): KnowledgeIndex {
  try {
    return wrap(openDatabase(file));
  } catch {
    removeKnowledgeIndex(file);
    return wrap(openDatabase(file));
  }
}

export function removeKnowledgeIndex(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}

function openDatabase(file: string): DatabaseSync {
  makePrivateFileSync(file);
  const database = new DatabaseSync(file, { defensive: true });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA secure_delete = ON');
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version !== 0 && version !== schemaVersion) throw new Error(`index of version ${version}`);
    if (version === 0) database.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT`);
    database.prepare('SELECT count(*) FROM texts').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function wrap(database: DatabaseSync): KnowledgeIndex {
  const insertPassage = database.prepare('INSERT INTO passages (document, page, start) VALUES (?, ?, ?)');
  const insertText = database.prepare('INSERT INTO texts (rowid, title, text) VALUES (?, ?, ?)');
  const matching = database.prepare(`
    SELECT passages.document, passages.page, passages.start, texts.title, texts.text
    FROM texts JOIN passages ON passages.id = texts.rowid
    WHERE texts MATCH ? AND passages.document IN (SELECT id FROM documents) ORDER BY texts.rank LIMIT ?`);

  function transaction(work: () => void): void {
    database.exec('BEGIN');
    try {
      work();
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  function drop(docId: string): void {
    database.prepare('DELETE FROM documents WHERE id = ?').run(docId);
    database.prepare('DELETE FROM texts WHERE rowid IN (SELECT id FROM passages WHERE document = ?)').run(docId);
    database.prepare('DELETE FROM passages WHERE document = ?').run(docId);
  }

  function containing(patterns: readonly string[], limit: number): IndexHit[] {
    const condition = patterns
      .map(() => "(texts.text LIKE ? ESCAPE '\\' OR texts.title LIKE ? ESCAPE '\\')")
      .join(' AND ');
    return database
      .prepare(
        `SELECT passages.document, passages.page, passages.start, texts.title, texts.text
         FROM (SELECT * FROM passages WHERE document IN (SELECT id FROM documents) LIMIT ${maxScanned}) AS passages
         JOIN texts ON texts.rowid = passages.id WHERE ${condition} LIMIT ?`,
      )
      .all(...patterns.flatMap((pattern) => [pattern, pattern]), limit)
      .map(hitOf);
  }

  return {
    documents: () =>
      new Set(
        database
          .prepare('SELECT id FROM documents')
          .all()
          .map(({ id }) => String(id)),
      ),
    begin: (docId) => transaction(() => drop(docId)),
    add: (docId, title, passages) =>
      transaction(() => {
        for (const { page, offset, text } of passages) {
          const { lastInsertRowid } = insertPassage.run(docId, page, offset);
          insertText.run(lastInsertRowid, title, text);
        }
      }),
    finish: (docId, title) => void database.prepare('REPLACE INTO documents VALUES (?, ?)').run(docId, title),
    remove(docId) {
      transaction(() => drop(docId));
      // Pages with the removed words wait in the log beside the file.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    search({ exact, loose, short }, limit) {
      const found: IndexHit[] = [];
      if (exact !== undefined) found.push(...matching.all(exact, limit).map(hitOf));
      if (exact !== undefined && short.length > 0 && found.length > 0) return withShort(found, short);
      if (found.length < limit && short.length > 0) found.push(...containing(short, limit));
      if (found.length === 0 && loose !== undefined) found.push(...matching.all(loose, limit).map(hitOf));
      return found.slice(0, limit);
    },
    close: () => database.close(),
  };
}

/** Those that hold the short words, too, come first. */
function withShort(hits: readonly IndexHit[], patterns: readonly string[]): IndexHit[] {
  const words = patterns.map((pattern) =>
    pattern
      .slice(1, -1)
      .replaceAll(/\\([\\%_])/g, '$1')
      .toLowerCase(),
  );
  const holdsAll = ({ text, title }: IndexHit) =>
    words.every((word) => `${title}\n${text}`.toLowerCase().includes(word));
  return [...hits.filter(holdsAll), ...hits.filter((hit) => !holdsAll(hit))];
}

function hitOf(row: Record<string, unknown>): IndexHit {
  const { document, page, start, title, text } = row;
  return {
    docId: String(document),
    title: String(title),
    page: Number(page),
    offset: Number(start),
    text: String(text),
  };
}
