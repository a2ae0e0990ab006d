/** Region, registry host (without its account) and API host of every partition and form, as literals from the AWS documents. */
export const PRIVATE_REGISTRIES: readonly (readonly [
  region: string,
  registry: string,
  api: string,
])[] = [
  ['us-west-2', 'dkr.ecr.us-west-2.amazonaws.com', 'api.ecr.us-west-2.amazonaws.com'],
  ['us-west-2', 'dkr.ecr-fips.us-west-2.amazonaws.com', 'api.ecr-fips.us-west-2.amazonaws.com'],
  ['us-west-2', 'dkr-ecr.us-west-2.on.aws', 'ecr.us-west-2.api.aws'],
  ['us-west-2', 'dkr-ecr-fips.us-west-2.on.aws', 'ecr-fips.us-west-2.api.aws'],
  [
    'ap-southeast-7',
    'dkr.ecr.ap-southeast-7.amazonaws.com',
    'api.ecr.ap-southeast-7.amazonaws.com',
  ],
  ['mx-central-1', 'dkr.ecr.mx-central-1.amazonaws.com', 'api.ecr.mx-central-1.amazonaws.com'],
  ['cn-north-1', 'dkr.ecr.cn-north-1.amazonaws.com.cn', 'api.ecr.cn-north-1.amazonaws.com.cn'],
  [
    'cn-north-1',
    'dkr.ecr-fips.cn-north-1.amazonaws.com.cn',
    'api.ecr-fips.cn-north-1.amazonaws.com.cn',
  ],
  [
    'cn-north-1',
    'dkr-ecr.cn-north-1.on.amazonwebservices.com.cn',
    'ecr.cn-north-1.api.amazonwebservices.com.cn',
  ],
  [
    'cn-north-1',
    'dkr-ecr-fips.cn-north-1.on.amazonwebservices.com.cn',
    'ecr-fips.cn-north-1.api.amazonwebservices.com.cn',
  ],
  ['us-gov-west-1', 'dkr.ecr.us-gov-west-1.amazonaws.com', 'api.ecr.us-gov-west-1.amazonaws.com'],
  [
    'us-gov-west-1',
    'dkr.ecr-fips.us-gov-west-1.amazonaws.com',
    'api.ecr-fips.us-gov-west-1.amazonaws.com',
  ],
  ['us-gov-west-1', 'dkr-ecr.us-gov-west-1.on.aws', 'ecr.us-gov-west-1.api.aws'],
  ['us-gov-west-1', 'dkr-ecr-fips.us-gov-west-1.on.aws', 'ecr-fips.us-gov-west-1.api.aws'],
  ['us-iso-east-1', 'dkr.ecr.us-iso-east-1.c2s.ic.gov', 'api.ecr.us-iso-east-1.c2s.ic.gov'],
  [
    'us-iso-east-1',
    'dkr.ecr-fips.us-iso-east-1.c2s.ic.gov',
    'api.ecr-fips.us-iso-east-1.c2s.ic.gov',
  ],
  ['us-iso-east-1', 'dkr-ecr.us-iso-east-1.on.aws.ic.gov', 'ecr.us-iso-east-1.api.aws.ic.gov'],
  [
    'us-iso-east-1',
    'dkr-ecr-fips.us-iso-east-1.on.aws.ic.gov',
    'ecr-fips.us-iso-east-1.api.aws.ic.gov',
  ],
  [
    'us-isob-east-1',
    'dkr.ecr.us-isob-east-1.sc2s.sgov.gov',
    'api.ecr.us-isob-east-1.sc2s.sgov.gov',
  ],
  [
    'us-isob-east-1',
    'dkr.ecr-fips.us-isob-east-1.sc2s.sgov.gov',
    'api.ecr-fips.us-isob-east-1.sc2s.sgov.gov',
  ],
  ['us-isob-east-1', 'dkr-ecr.us-isob-east-1.on.aws.scloud', 'ecr.us-isob-east-1.api.aws.scloud'],
  [
    'us-isob-east-1',
    'dkr-ecr-fips.us-isob-east-1.on.aws.scloud',
    'ecr-fips.us-isob-east-1.api.aws.scloud',
  ],
  [
    'eu-isoe-west-1',
    'dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk',
    'api.ecr.eu-isoe-west-1.cloud.adc-e.uk',
  ],
  [
    'eu-isoe-west-1',
    'dkr.ecr-fips.eu-isoe-west-1.cloud.adc-e.uk',
    'api.ecr-fips.eu-isoe-west-1.cloud.adc-e.uk',
  ],
  [
    'eu-isoe-west-1',
    'dkr-ecr.eu-isoe-west-1.on.cloud-aws.adc-e.uk',
    'ecr.eu-isoe-west-1.api.cloud-aws.adc-e.uk',
  ],
  [
    'eu-isoe-west-1',
    'dkr-ecr-fips.eu-isoe-west-1.on.cloud-aws.adc-e.uk',
    'ecr-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk',
  ],
  [
    'us-isof-south-1',
    'dkr.ecr.us-isof-south-1.csp.hci.ic.gov',
    'api.ecr.us-isof-south-1.csp.hci.ic.gov',
  ],
  [
    'us-isof-south-1',
    'dkr.ecr-fips.us-isof-south-1.csp.hci.ic.gov',
    'api.ecr-fips.us-isof-south-1.csp.hci.ic.gov',
  ],
  [
    'us-isof-south-1',
    'dkr-ecr.us-isof-south-1.on.aws.hci.ic.gov',
    'ecr.us-isof-south-1.api.aws.hci.ic.gov',
  ],
  [
    'us-isof-south-1',
    'dkr-ecr-fips.us-isof-south-1.on.aws.hci.ic.gov',
    'ecr-fips.us-isof-south-1.api.aws.hci.ic.gov',
  ],
  ['eusc-de-east-1', 'dkr.ecr.eusc-de-east-1.amazonaws.eu', 'api.ecr.eusc-de-east-1.amazonaws.eu'],
  [
    'eusc-de-east-1',
    'dkr.ecr-fips.eusc-de-east-1.amazonaws.eu',
    'api.ecr-fips.eusc-de-east-1.amazonaws.eu',
  ],
  [
    'eusc-de-east-1',
    'dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu',
    'ecr.eusc-de-east-1.api.amazonwebservices.eu',
  ],
  [
    'eusc-de-east-1',
    'dkr-ecr-fips.eusc-de-east-1.on.amazonwebservices.eu',
    'ecr-fips.eusc-de-east-1.api.amazonwebservices.eu',
  ],
  // A region newer than the table: its partition is that of the host's suffix.
  ['xy-north-9', 'dkr.ecr.xy-north-9.amazonaws.com', 'api.ecr.xy-north-9.amazonaws.com'],
  ['xy-north-9', 'dkr.ecr.xy-north-9.amazonaws.com.cn', 'api.ecr.xy-north-9.amazonaws.com.cn'],
  // A known region decides by itself.
  ['cn-north-1', 'dkr.ecr.cn-north-1.amazonaws.com', 'api.ecr.cn-north-1.amazonaws.com.cn'],
]
