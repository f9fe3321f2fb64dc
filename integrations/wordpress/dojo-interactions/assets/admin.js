/* The button "Test connection": the server tries the secret key, this browser the publishable one. */
( function () {
	'use strict';

	var told = window.dojoInteractionsTest;
	var button = document.getElementById( 'dojo-interactions-test' );
	var outcome = document.getElementById( 'dojo-interactions-outcome' );
	if ( ! told || ! button || ! outcome ) {
		return;
	}

	function typed( name ) {
		var field = document.getElementById( 'dojo-interactions-' + name );
		return field ? field.value.trim() : '';
	}

	function say( label, sentence, isGood ) {
		var box = document.createElement( 'div' );
		var line = document.createElement( 'p' );
		var strong = document.createElement( 'strong' );
		box.className = 'notice inline ' + ( isGood ? 'notice-success' : 'notice-error' );
		strong.textContent = label;
		line.append( strong, ' ' + sentence );
		box.append( line );
		outcome.append( box );
	}

	async function trySecret() {
		var form = new URLSearchParams( { action: told.action, nonce: told.nonce, address: typed( 'address' ), secret_key: typed( 'secret_key' ) } );
		try {
			var answer = await ( await window.fetch( told.ajax, { method: 'POST', body: form, credentials: 'same-origin' } ) ).json();
			var isGood = answer.success === true;
			return [ told.words.secret, isGood ? told.words.works : ( answer.data && answer.data.message ) || told.words.failed, isGood ];
		} catch ( error ) {
			return [ told.words.secret, told.words.failed, false ];
		}
	}

	async function tryPublishable() {
		var key = typed( 'publishable_key' );
		if ( ! key ) {
			return [ told.words.publishable, told.words.missing, false ];
		}
		var address = typed( 'address' ).replace( /\/+(v1(\/interactions)?\/*)?$/, '' ) + '/v1/interactions?dry_run=1&api_key=' + encodeURIComponent( key );
		try {
			var answer = await window.fetch( address, { method: 'POST', body: '{"data":[{"type":"home_page_view"}]}', credentials: 'omit' } );
			var said = await answer.json();
			return [ told.words.publishable, answer.ok ? told.words.works : said.message, answer.ok ];
		} catch ( error ) {
			return [ told.words.publishable, told.words.unreachable, false ];
		}
	}

	button.addEventListener( 'click', async function () {
		outcome.textContent = '';
		if ( ! typed( 'address' ) ) {
			say( '', told.words.address, false );
			return;
		}
		button.disabled = true;
		outcome.textContent = told.words.testing;
		var results = await Promise.all( [ tryPublishable(), trySecret() ] );
		outcome.textContent = '';
		results.forEach( function ( result ) {
			say( result[ 0 ], result[ 1 ], result[ 2 ] );
		} );
		button.disabled = false;
	} );
} )();
