/* Sends what the page is to Dojo, once the visitor agreed. It sets the visitor's cookie itself, as caches drop those of the server. */
( function () {
	'use strict';

	var told = window.dojoInteractions;
	if ( ! told || ! window.JSON || ! window.fetch ) {
		return;
	}
	var sent = false;
	// Of an address only what says which page it is, and which campaign led there: anything else may name a person.
	var KEPT = /^(utm_(campaign|source|medium|term|content)|s|p|page_id|cat|tag|paged|post_type|product|product_cat|product_tag|orderby)$/;
	var UTM = { utm_campaign: 'name', utm_source: 'source', utm_medium: 'medium', utm_term: 'term', utm_content: 'content' };

	function mayCount() {
		if ( told.asksConsent ) {
			return typeof window.wp_has_consent === 'function' && window.wp_has_consent( told.category );
		}
		return told.assumesConsent;
	}

	function uuid() {
		var bytes = window.crypto.getRandomValues( new Uint8Array( 16 ) );
		bytes[ 6 ] = ( bytes[ 6 ] & 0x0f ) | 0x40;
		bytes[ 8 ] = ( bytes[ 8 ] & 0x3f ) | 0x80;
		var digits = Array.prototype.map.call( bytes, function ( each ) {
			return ( '0' + each.toString( 16 ) ).slice( -2 );
		} ).join( '' );
		return digits.replace( /^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-' );
	}

	function setCookie( value, seconds ) {
		document.cookie = told.cookie + '=' + value + '; path=' + told.path + '; max-age=' + seconds + '; SameSite=Lax' +
			( told.domain ? '; domain=' + told.domain : '' ) + ( window.location.protocol === 'https:' ? '; Secure' : '' );
	}

	function visitor() {
		var found = new RegExp( '(?:^|; )' + told.cookie + '=([0-9a-f-]{36})(?:;|$)' ).exec( document.cookie );
		var id = found ? found[ 1 ] : uuid();
		setCookie( id, 31536000 );
		return document.cookie.indexOf( id ) >= 0 ? id : ''; // a browser may refuse cookies
	}

	function page() {
		var url = new URL( window.location.href );
		Array.from( url.searchParams.keys() ).forEach( function ( name ) {
			if ( ! KEPT.test( name ) ) {
				url.searchParams.delete( name );
			}
		} );
		url.hash = '';
		var made = { url: url.href };
		if ( document.referrer ) {
			made.referrer = document.referrer.split( /[?#]/ )[ 0 ];
		}
		if ( document.title ) {
			made.title = document.title;
		}
		return made;
	}

	function campaign() {
		var found = null;
		new URLSearchParams( window.location.search ).forEach( function ( value, name ) {
			if ( UTM[ name ] && value ) {
				found = found || {};
				found[ UTM[ name ] ] = value;
			}
		} );
		return found;
	}

	function count() {
		if ( sent || ! mayCount() ) {
			return;
		}
		sent = true;
		var record = told.record;
		var id = visitor();
		var from = campaign();
		if ( id ) {
			record.anonymous_id = id;
		}
		record.context = {
			page: page(),
			user_agent: window.navigator.userAgent,
			locale: window.navigator.language,
			custom_context: { uuid: 'wordpress:' + uuid(), source: 'wordpress' },
		};
		if ( from ) {
			record.context.campaign = from;
		}
		// A string is sent as text/plain, so the browser needs no preflight.
		window.fetch( told.address, {
			method: 'POST',
			body: JSON.stringify( { data: [ record ] } ),
			keepalive: true,
			credentials: 'omit',
		} ).catch( function () {} );
	}

	function safely() {
		try {
			count();
		} catch ( error ) {
			// Counting is never worth a broken page.
		}
	}

	document.addEventListener( 'wp_consent_type_defined', safely );
	document.addEventListener( 'wp_listen_for_consent_change', function ( event ) {
		var now = event.detail && event.detail[ told.category ];
		if ( now === 'deny' ) {
			setCookie( '', 0 );
		} else if ( now === 'allow' ) {
			safely();
		}
	} );
	if ( document.readyState === 'loading' ) {
		document.addEventListener( 'DOMContentLoaded', start );
	} else {
		start();
	}

	function start() {
		// A banner that decides by country which kind of consent is needed says so with wp_consent_type_defined.
		if ( ! window.waitfor_consent_hook || window.wp_consent_type ) {
			safely();
		}
	}
} )();
