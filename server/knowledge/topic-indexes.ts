import { createHash } from 'node:crypto';
import type { KnowledgeDocument } from '../contract/knowledge.ts';

/** Topics with their number of documents, most first. */
export function countTopics(docs: readonly KnowledgeDocument[]): { name: string; documents: number }[] {
  const counts = new Map<string, number>();
  for (const topic of docs.flatMap(({ topics }) => topics)) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return [...counts]
    .map(([name, documents]) => ({ name, documents }))
    .sort((a, b) => b.documents - a.documents || (a.name < b.name ? -1 : 1));
}

/** The tables of contents as files: one over all documents by topic, and one for each topic. */
export function topicIndexes(name: string, docs: readonly KnowledgeDocument[]): Map<string, string> {
  const sorted = docs.toSorted((a, b) => (a.title < b.title ? -1 : 1));
  const topics = countTopics(docs);
  const files = new Map<string, string>();
  const loose = sorted.filter((doc) => doc.topics.length === 0);
  const parts = topics.map((topic) => {
    const own = sorted.filter((doc) => doc.topics.includes(topic.name));
    files.set(fileOf(topic.name), `# ${topic.name}\n\n${own.map(entry).join('\n')}\n`);
    return `## [${topic.name}](${fileOf(topic.name)}) (${topic.documents})\n\n${own.map(({ title }) => `- ${title}`).join('\n')}`;
  });
  if (loose.length > 0) parts.push(`## Without a topic (${loose.length})\n\n${loose.map(entry).join('\n')}`);
  files.set('index.md', `${[`# ${name}`, ...parts].join('\n\n')}\n`);
  return files;
}

function entry({ id, title, summary }: KnowledgeDocument): string {
  return `- **${title}** (\`${id}\`): ${summary}`;
}

/** Topics may hold what no file name may. */
function fileOf(topic: string): string {
  return `topic-${createHash('sha256').update(topic).digest('hex').slice(0, 12)}.md`;
}
