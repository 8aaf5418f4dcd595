// The floor of the Logs page: the same list with rows of bare text, and as many of them a second, made in the page itself.
import { createElement, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Virtuoso } from 'react-virtuoso';

const batchMs = 250;
const batchLines = 200;

function PlainList() {
  const [{ first, texts }, setLines] = useState<{ first: number; texts: string[] }>({ first: 0, texts: [] });
  useEffect(() => {
    const timer = setInterval(() => setLines((before) => nextLines(before.first + before.texts.length)), batchMs);
    return () => clearInterval(timer);
  }, []);
  return createElement(Virtuoso<string>, {
    style: { height: '100%' },
    data: texts,
    firstItemIndex: first,
    defaultItemHeight: 20,
    followOutput: 'auto',
    itemContent: (_, text) => createElement('div', {}, text),
  });
}

function nextLines(first: number): { first: number; texts: string[] } {
  const textAt = (place: number) => `flood ${first + place} of this run method=POST path=/api/chat/stream status=200`;
  return { first, texts: Array.from({ length: batchLines }, (_, place) => textAt(place)) };
}

const root = document.getElementById('list');
if (root) createRoot(root).render(createElement(PlainList));
