import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { LogRow } from './log-row.tsx';

const language = { levels: { debug: 'Debug', info: 'Info', warn: 'Warn', error: 'Error' }, time: () => '12:00:00.000' };
const nothing = () => undefined;

function draw(msg: string, fields?: Record<string, unknown>): string {
  const line = { seq: 7, time: 1, level: 'warn' as const, component: 'run', msg, ...(fields && { fields }) };
  return renderToStaticMarkup(
    createElement(LogRow, {
      ...{ line, language, isExpanded: false, isMarked: false },
      ...{ onToggle: nothing, onField: nothing, onContext: nothing },
    }),
  );
}

it('a line that is not opened takes eight elements, whatever it carries: a flood draws hundreds of them a second', () => {
  const fields = Object.fromEntries(Array.from({ length: 100 }, (_, place) => [`field${place}`, place]));
  for (const html of [draw('Answered'), draw('Answered', fields), draw('x'.repeat(5000), { nested: { deep: [1] } })]) {
    expect(html.match(/<[a-z]/g)).toHaveLength(8);
    expect(html.length).toBeLessThan(2500);
  }
});
