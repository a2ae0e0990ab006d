import { expect } from 'bun:test'

import fc from 'fast-check'

import { parseRequest } from '../../../src/kubelet/protocol.ts'
import { documents } from './documents.ts'
import { acceptedBy, SENTINEL, target } from './target.ts'

const SAMPLE = {
  kind: 'CredentialProviderRequest',
  apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
  image: `${SENTINEL}/image`,
  serviceAccountToken: SENTINEL,
  serviceAccountAnnotations: { 'eks.amazonaws.com/ecr-role-arn': SENTINEL },
}

const text = fc.string({ unit: 'binary' }).map((each) => each.toWellFormed())

/** Whatever stands on stdin. */
export const REQUEST = [
  target('parseRequest() takes a request or refuses it, and shows nothing of it', {
    inputs: documents(SAMPLE),
    judge: (bytes) => {
      const request = acceptedBy(() => parseRequest(bytes))
      if (request === undefined) return
      const sent: unknown = JSON.parse(new TextDecoder().decode(bytes))
      expect(request.image).not.toBe('')
      expect(sent).toMatchObject({ kind: SAMPLE.kind, image: request.image })
    },
  }),
  target('parseRequest() reads back what was written', {
    inputs: fc.record(
      {
        image: text.filter((each) => each !== ''),
        serviceAccountToken: text,
        serviceAccountAnnotations: fc.dictionary(
          text.filter((each) => !(each in Object.prototype || each === 'prototype')),
          text,
          { noNullPrototype: true },
        ),
      },
      { noNullPrototype: true },
    ),
    judge: (fields) => {
      const bytes = Buffer.from(JSON.stringify({ ...SAMPLE, ...fields }))
      expect(parseRequest(bytes)).toEqual({
        ...SAMPLE,
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        kind: 'CredentialProviderRequest',
        ...fields,
      })
    },
  }),
]
