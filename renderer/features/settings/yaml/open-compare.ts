import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { basics } from './open-editor.ts';
import { shadowOf } from './shadow.ts';

export interface CompareParts {
  host: HTMLElement;
  before: { text: string; label: string };
  /** Can be changed, and takes parts of the other over. */
  after: { text: string; label: string };
  phrases: Record<string, string>;
  takeOver: string;
  onChange(text: string): void;
}

/** Two texts side by side. */
export function openCompare({ host, before, after, phrases, takeOver, onChange }: CompareParts): { close(): void } {
  const root = shadowOf(host);
  const labelled = (label: string) => EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' });
  const view = new MergeView({
    parent: root,
    root,
    a: {
      doc: before.text,
      extensions: [
        basics(before.text, phrases),
        EditorState.readOnly.of(true),
        labelled(before.label),
        EditorView.theme({ '.cm-content': { opacity: '1' } }),
      ],
    },
    b: {
      doc: after.text,
      extensions: [
        basics(after.text, phrases),
        labelled(after.label),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.sliceDoc());
        }),
      ],
    },
    revertControls: 'a-to-b',
    renderRevertControl() {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = '→';
      button.title = takeOver;
      button.setAttribute('aria-label', takeOver);
      return button;
    },
    highlightChanges: true,
    gutter: false,
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
  return { close: () => view.destroy() };
}
