<?php
// WordPress's own files are links to Debian's: this says where the site is.
define( 'ABSPATH', getenv( 'SITE' ) . '/' );
