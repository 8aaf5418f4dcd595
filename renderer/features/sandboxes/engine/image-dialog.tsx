import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImageStatus } from '../../../../server/contract/sandbox.ts';
import { useImageWork } from '../../../api/use-image-work.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Chip } from '../../../ui/chip.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { ScrollBox } from '../../../ui/scroll-box.tsx';

/** The image that sandboxes start from, and the ways to get another. */
export function ImageDialog({ image, open, onClose }: { image: ImageStatus; open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog wide open={open} onClose={onClose} title={t('sandboxes.tools.images.title')}>
      <Facts image={image} />
      {open && <Work image={image} />}
    </Dialog>
  );
}

function Facts({ image }: { image: ImageStatus }) {
  const { t } = useTranslation();
  const format = useFormat();
  const short = (id: string) => id.replace(/^sha256:/, '').slice(0, 12);
  const rows: [string, ReactNode][] = [
    [
      t('sandboxes.tools.images.reference'),
      <span key="r" className="mono">
        {image.reference}
      </span>,
    ],
    [
      t('sandboxes.tools.images.state'),
      <span key="s" className="flex flex-wrap gap-1.5">
        <Chip dot tone={image.state === 'present' ? 'ok' : image.state === 'missing' ? 'bad' : 'accent'}>
          {t(`sandboxes.imageStates.${image.state}`)}
        </Chip>
        <Chip tone={image.pinned ? 'ok' : 'warn'}>{t(image.pinned ? 'sandboxes.pinned' : 'sandboxes.notPinned')}</Chip>
      </span>,
    ],
  ];
  if (image.digest !== undefined)
    rows.push([t('sandboxes.tools.images.digest'), <Copied key="d" text={image.digest} shown={image.digest} />]);
  if (image.imageId !== undefined)
    rows.push([
      t('sandboxes.tools.images.localId'),
      <Copied key="i" text={image.imageId} shown={short(image.imageId)} />,
    ]);
  if (image.usedImageId !== undefined)
    rows.push([
      t('sandboxes.tools.images.used'),
      <Copied key="u" text={image.usedImageId} shown={short(image.usedImageId)} />,
    ]);
  if (image.sizeBytes !== undefined) rows.push([t('sandboxes.tools.images.size'), format.bytes(image.sizeBytes)]);
  if (image.createdAt !== undefined) rows.push([t('sandboxes.tools.images.created'), format.dateTime(image.createdAt)]);
  const isOther = image.usedImageId !== undefined && image.imageId !== undefined && image.usedImageId !== image.imageId;
  return (
    <>
      <dl className="mb-3 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-5 gap-y-2">
        {rows.map(([name, value]) => [
          <dt key={`${name} name`} className="text-dim">
            {name}
          </dt>,
          <dd key={name} className="min-w-0 [overflow-wrap:anywhere]">
            {value}
          </dd>,
        ])}
      </dl>
      {!image.pinned && <p className="mb-3 text-dim">{t('sandboxes.tools.images.notPinnedNote')}</p>}
      {isOther && <Notice tone="warn">{t('sandboxes.tools.images.usedOther')}</Notice>}
    </>
  );
}

function Copied({ text, shown }: { text: string; shown: string }) {
  return (
    <span className="-my-[3px] flex items-center gap-1">
      <span className="mono min-w-0 [overflow-wrap:anywhere]">{shown}</span>
      <CopyButton text={text} label={shown} />
    </span>
  );
}

function Work({ image }: { image: ImageStatus }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const [reference, setReference] = useState(image.reference);
  const chooser = useRef<HTMLInputElement>(null);
  const { kind, layers, lines, ended, start, stop } = useImageWork(() => void queries.invalidateQueries());
  const known = layers.filter(({ totalBytes }) => totalBytes !== undefined);
  const total = known.reduce((sum, { totalBytes = 0 }) => sum + totalBytes, 0);
  const done = known.reduce((sum, { doneBytes = 0 }) => sum + doneBytes, 0);
  return (
    <>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-60 flex-1 basis-[calc(100%-8rem)]">
          <Field label={t('sandboxes.tools.images.pullOf')}>
            <TextInput
              className="mono"
              value={reference}
              spellCheck={false}
              onChange={(event) => setReference(event.target.value)}
            />
          </Field>
        </div>
        <Button
          disabled={kind !== undefined}
          onClick={() => start('pull', '/image/pull', JSON.stringify({ reference }))}
        >
          {t('sandboxes.tools.images.pull')}
        </Button>
        <Button disabled={kind !== undefined} onClick={() => start('build', '/image/build')}>
          {t('sandboxes.tools.images.build')}
        </Button>
        <Button disabled={kind !== undefined} onClick={() => chooser.current?.click()}>
          {t('sandboxes.tools.images.load')}
        </Button>
        <input
          ref={chooser}
          type="file"
          accept=".tar,.gz,.tgz"
          hidden
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            event.target.value = '';
            if (file) start('load', '/image/load', file);
          }}
        />
      </div>
      {kind !== undefined && (
        <div className="mt-3 grid gap-2">
          <div className="flex items-center gap-2" role="status">
            {t(`sandboxes.tools.images.working.${kind}`)}
            {total > 0 && (
              <span className="tabular text-dim">
                {t('sandboxes.tools.files.uploadOf', { done: format.bytes(done), total: format.bytes(total) })}
              </span>
            )}
            <Button size="small" className="ml-auto" onClick={stop}>
              {t('sandboxes.tools.images.stop')}
            </Button>
          </div>
          <Progress
            label={t(`sandboxes.tools.images.working.${kind}`)}
            value={total > 0 ? (done / total) * 100 : null}
          />
        </div>
      )}
      {ended && (
        <Notice className="mt-3" tone={ended.ok ? 'accent' : 'bad'}>
          {ended.ok ? t('sandboxes.tools.images.ready') : ended.message}
        </Notice>
      )}
      {(lines.length > 0 || layers.length > 0) && (
        <ScrollBox
          label={t('sandboxes.tools.images.output')}
          className="mt-3 max-h-52 overflow-auto rounded-[8px] border border-line bg-code p-2.5"
        >
          <pre className="mono">
            {[...layers.map(({ id, status }) => t('sandboxes.tools.images.layer', { id, status })), ...lines].join(
              '\n',
            )}
          </pre>
        </ScrollBox>
      )}
    </>
  );
}
