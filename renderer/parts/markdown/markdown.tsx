import { type ComponentProps, memo } from 'react';
import { useTranslation } from 'react-i18next';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { splitBlocks } from './markdown-blocks.ts';
import './markdown.css';

const plugins = [remarkGfm];

/** Raw HTML of a model stays text, links open outside, pictures from elsewhere are never fetched. */
const components: Components = {
  a: ({ href, children }) => <ExternalLink href={href}>{children}</ExternalLink>,
  img: ({ src, alt }) => <ExternalLink href={typeof src === 'string' ? src : undefined}>{alt || src}</ExternalLink>,
  pre: CodeBlock,
  table: ({ children }) => (
    <div className="overflow-x-auto">
      <table>{children}</table>
    </div>
  ),
};

const Block = memo(function Block({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components}>
      {text}
    </ReactMarkdown>
  );
});

/** While a text grows only its last block is parsed again; once it is whole, it is parsed as one. */
export default function Markdown({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const blocks = isGrowing ? splitBlocks(text) : [text];
  return (
    <div dir="auto" className="markdown">
      {blocks.map((block, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end.
        <Block key={place} text={block} />
      ))}
    </div>
  );
}

function CodeBlock({ children, node }: ComponentProps<'pre'> & { node?: unknown }) {
  const { t } = useTranslation();
  return (
    <div className="group relative">
      <ScrollBox label={t('playground.code')} className="overflow-x-auto rounded-[8px]">
        <pre>{children}</pre>
      </ScrollBox>
      <span className="absolute top-1 right-1 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
        <CopyButton text={() => plainText(node)} label={t('playground.copyCode')} />
      </span>
    </div>
  );
}

function plainText(node: unknown): string {
  if (typeof node !== 'object' || node === null) return '';
  if ('value' in node && typeof node.value === 'string') return node.value;
  return 'children' in node && Array.isArray(node.children) ? node.children.map(plainText).join('') : '';
}
