import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Scope, scopes } from '../../../server/contract/api-tokens.ts';
import { answer, api } from '../../api/client.ts';
import { curlWithToken } from '../../api/curl.ts';
import { useLive } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Select } from '../../ui/select.tsx';
import { careKeys } from './care-queries.ts';

const dayMs = 86_400_000;
const spans = [7, 30, 90, 365] as const;

/** Makes a token and shows it this once; it leaves memory with the dialog. */
export function NewTokenDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('secretCare.tokens.dialog.title')}
      description={t('secretCare.tokens.dialog.note')}
    >
      {open && <Steps onClose={onClose} />}
    </Dialog>
  );
}

function Steps({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly Scope[]>(['chat']);
  const [days, setDays] = useState('90');
  const [tenantId, setTenant] = useState('');
  const [userId, setUser] = useState('');
  const make = useMutation({
    mutationFn: () =>
      answer(
        api.tokens.$post({
          json: {
            name,
            scopes: [...chosen],
            ...(days !== 'never' && { expiresAt: Date.now() + Number(days) * dayMs }),
            ...(tenantId.trim() !== '' && { tenantId: tenantId.trim() }),
            ...(userId.trim() !== '' && { userId: userId.trim() }),
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: careKeys.tokens }),
    // The token must not stay in the cache of mutations.
    gcTime: 0,
  });
  if (make.data) return <Made token={make.data.token} onClose={onClose} />;
  const isReady = name.trim() !== '' && chosen.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !make.isPending) make.mutate();
  };
  const toggle = (scope: Scope, isOn: boolean) =>
    setChosen(scopes.filter((each) => (each === scope ? isOn : chosen.includes(each))));
  return (
    <form onSubmit={submit} autoComplete="off" className="grid gap-3">
      {make.error && (
        <Notice tone="bad" className="mb-0">
          {faultText(make.error)}
        </Notice>
      )}
      <Field label={t('secretCare.tokens.dialog.name')} hint={t('secretCare.tokens.dialog.nameHint')}>
        <TextInput value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
      </Field>
      <fieldset className="grid gap-1.5">
        <legend className="mb-1 font-medium">{t('secretCare.tokens.dialog.scopes')}</legend>
        {scopes.map((scope) => (
          <div key={scope} className="flex items-start gap-2.5">
            <span className="pt-0.5">
              <Checkbox
                label={t(`secretCare.tokens.scopes.${scope}`)}
                checked={chosen.includes(scope)}
                onChange={(isOn) => toggle(scope, isOn)}
              />
            </span>
            <span className="min-w-0" aria-hidden>
              <span className="font-medium">{t(`secretCare.tokens.scopes.${scope}`)}</span>{' '}
              <span className="text-dim">{t(`secretCare.tokens.meanings.${scope}`)}</span>
            </span>
          </div>
        ))}
      </fieldset>
      <Field label={t('secretCare.tokens.dialog.expiry')}>
        <Select
          label={t('secretCare.tokens.dialog.expiry')}
          value={days}
          onChange={setDays}
          options={[
            ...spans.map((count) => ({ value: String(count), label: t('secretCare.tokens.dialog.days', { count }) })),
            { value: 'never', label: t('secretCare.tokens.dialog.noEnd') },
          ]}
        />
      </Field>
      <div className="grid gap-3 min-[560px]:grid-cols-2">
        <Field label={t('secretCare.tokens.dialog.tenant')} hint={t('secretCare.tokens.dialog.tenantHint')}>
          <TextInput className="mono" value={tenantId} onChange={(event) => setTenant(event.target.value)} />
        </Field>
        <Field label={t('secretCare.tokens.dialog.user')} hint={t('secretCare.tokens.dialog.userHint')}>
          <TextInput
            className="mono"
            value={userId}
            disabled={tenantId.trim() === ''}
            onChange={(event) => setUser(event.target.value)}
          />
        </Field>
      </div>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" look="primary" disabled={!isReady || make.isPending}>
          {t('secretCare.tokens.dialog.make')}
        </Button>
      </div>
    </form>
  );
}

function Made({ token, onClose }: { token: string; onClose(): void }) {
  const { t } = useTranslation();
  const address = useLive((state) => state.server.address);
  return (
    <div className="grid gap-3">
      <p>{t('secretCare.tokens.dialog.once')}</p>
      <CommandLine command={token} />
      {address !== undefined && (
        <>
          <p className="text-dim">{t('secretCare.tokens.dialog.curl')}</p>
          <CommandLine command={curlWithToken(address, token)} />
        </>
      )}
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          {t('secretCare.tokens.dialog.done')}
        </Button>
      </div>
    </div>
  );
}
