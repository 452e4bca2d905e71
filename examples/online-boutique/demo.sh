#!/bin/sh
# A release on its way: planned and deployed to development and staging, refused in production before that, and let in after.
# Needs a running Trellis (make up), the command line on the path and a sign-in. Ends with 0 where all went as it says.
set -eu
application=online-boutique/boutique

say() { printf '\n== %s\n' "$1"; }

cd "$(dirname "$0")"

say 'What there is'
trellis apply -f .

say 'What a deployment to development would do'
trellis plan "$application" online-boutique@development
trellis deploy "$application" online-boutique@development --follow

say 'Production is refused while staging has not seen it'
if trellis status "$application" online-boutique@staging | grep -q 'not deployed'; then
  trellis plan "$application" online-boutique@production --exit-code && exit 1
fi

say 'To staging, then to production'
trellis deploy "$application" online-boutique@staging --follow
trellis plan "$application" online-boutique@production
trellis deploy "$application" online-boutique@production --follow

say 'What runs where'
trellis status "$application"
